using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>What cannot begin fails in exactly one event with its cause, one log line, one count, and leaves nothing behind.</summary>
[Collection(Alone.Name)]
public sealed class FailedCommandSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    [InlineData("ws")]
    [InlineData("unix")]
    [InlineData("pipe")]
    [InlineData("memory")]
    [InlineData("name")]
    [InlineData("ws name")]
    [InlineData("silent")]
    public async Task A_dial_that_fails_is_told_once_logged_once_and_counted_once(string kind)
    {
        using var silent = Listen();
        using var nobody = HeldPort.Refusing();
        var connect = kind switch
        {
            "tcp" => new Mqtt.Connect(nobody.EndPoint),
            "tls" => new Mqtt.Connect(nobody.EndPoint) { Tls = new TlsClientSettings { TargetHost = "localhost" } },
            "ws" => new Mqtt.Connect(new Uri($"ws://{nobody.EndPoint}/mqtt")),
            "unix" => new Mqtt.Connect(new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}"))),
            "pipe" => new Mqtt.Connect(new NamedPipeEndPoint($"{Guid.NewGuid():N}")),
            "memory" => new Mqtt.Connect(new InMemoryEndPoint("nobody")),
            "name" => new Mqtt.Connect("no-such-host.invalid", 1883),
            "ws name" => new Mqtt.Connect(new Uri("ws://no-such-host.invalid/mqtt")),
            _ => new Mqtt.Connect(silent.LocalEndPoint!)
            {
                Tls = new TlsClientSettings { TargetHost = "localhost" },
                Timeout = TimeSpan.FromMilliseconds(100),
            },
        };

        await ExpectFailureAsync(connect, CommandFailure.ConnectFailed, "Dialling");
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    [InlineData("unix")]
    [InlineData("pipe")]
    [InlineData("memory")]
    public async Task A_bind_to_a_used_address_is_told_once_logged_once_and_counted_once(string kind)
    {
        var first = CreateTestProbe();
        EndPoint address = kind switch
        {
            "unix" => new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}")),
            "pipe" => new NamedPipeEndPoint($"{Guid.NewGuid():N}"),
            "memory" => new InMemoryEndPoint("used"),
            _ => new IPEndPoint(IPAddress.Loopback, 0),
        };
        var tls = kind == "tls" ? new TlsServerSettings { Certificate = TestCertificates.Shared.Server() } : null;
        first.Send(Sys.Mqtt(), new Mqtt.Bind(first, address) { Tls = tls });
        var bound = await first.ExpectMsgAsync<Mqtt.Bound>(Soon);

        await ExpectFailureAsync(new Mqtt.Bind(TestActor, bound.LocalAddress) { Tls = tls }, CommandFailure.BindFailed, "Binding");

        await first.ExpectNoMsgAsync(TimeSpan.Zero);
        await WatchAsync(bound.Listener);
        first.Send(bound.Listener, Mqtt.Unbind.Instance);
        await ExpectTerminatedAsync(bound.Listener, Soon);
    }

    [Fact]
    public async Task A_bind_to_an_address_of_another_machine_is_told_once_logged_once_and_counted_once() => await ExpectFailureAsync(
        new Mqtt.Bind(TestActor, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)), CommandFailure.BindFailed, "Binding");

    [Fact]
    public async Task A_handshake_of_a_client_that_fails_is_logged_once_and_counted_once()
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, new IPEndPoint(IPAddress.Loopback, 0))
        {
            Tls = new TlsServerSettings { Certificate = TestCertificates.Shared.Server() },
        });
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var log = new ConnectionLog(Sys);
        using var counters = new ConnectionCounters();

        using var client = SocketDialer.Create(bound.LocalAddress);
        await client.ConnectAsync(bound.LocalAddress);
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        await AwaitAssertAsync(() => Assert.Equal(LogLevel.WarningLevel, Assert.Single(log.With("handshake")).Level));
        Assert.Single(log.Notable);
        Assert.Equal(1, counters.FailedHandshakes);
        Assert.Equal(0, counters.OpenChange);
        await acceptor.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private async Task ExpectFailureAsync(Mqtt.Command command, CommandFailure reason, string line)
    {
        var commander = CreateTestProbe();
        var manager = Sys.Mqtt();
        commander.Send(manager, new Identify(null)); // what is told before the manager runs has no children to ask for
        await commander.ExpectMsgAsync<ActorIdentity>(Soon);
        var children = Children(manager);
        var log = new ConnectionLog(Sys);
        using var counters = new ConnectionCounters();

        commander.Send(manager, command);

        var failed = await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(reason, failed.Reason);
        Told.AssertSame(command, failed.Command);
        Assert.NotNull(failed.Cause);
        Assert.NotEmpty(failed.Message);
        await AwaitAssertAsync(() => Assert.NotEmpty(log.With(line)));
        await commander.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(10));
        var (level, text) = Assert.Single(log.With(line));
        Assert.Equal(LogLevel.DebugLevel, level);
        Assert.Contains(failed.Message, text, StringComparison.Ordinal);
        Assert.Empty(log.Notable);
        Assert.Equal(reason.ToString(), Assert.Single(counters.FailedCommands));
        Assert.Equal(0, counters.OpenChange);
        Assert.Equal(children, Children(manager));
    }

    private static List<string> Children(IActorRef manager) =>
        [.. ((ActorCell)((ActorRefWithCell)manager).Underlying).ChildrenContainer.Children.Select(child => child.Path.Name)];

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }
}
