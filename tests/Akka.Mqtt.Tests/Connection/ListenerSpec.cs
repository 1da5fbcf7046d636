using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>Listening and dialling: what fails says why and leaves nothing behind.</summary>
[Collection(Alone.Name)]
public sealed class ListenerSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task A_listener_survives_two_hundred_clients_that_reset_during_and_after_accept()
    {
        var (acceptor, bound) = await BindAsync(AnyPort);
        for (var i = 0; i < 200; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(bound.LocalAddress);
            if (i % 2 == 0)
                await socket.SendAsync(new byte[] { 0x10 });
            if (i % 3 == 0)
                socket.LingerState = new LingerOption(true, 0);
        }

        using var client = await this.ConnectMqttProbeAsync(bound.LocalAddress);
        var handler = CreateTestProbe();
        await client.SendPacketAsync(new Connect { ClientId = "good" });
        while (true)
        {
            var told = await acceptor.ReceiveOneAsync(Soon);
            if (told is not Mqtt.Connected connected)
                continue;
            if (!Equals(connected.RemoteAddress, client.LocalAddress))
            {
                connected.Connection.Tell(new Mqtt.Register(acceptor), acceptor);
                continue;
            }

            connected.Connection.Tell(new Mqtt.Register(handler), acceptor);
            break;
        }

        await handler.ExpectMsgAsync(new Connect { ClientId = "good" }, Soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Binding_a_used_address_fails_with_the_cause_and_leaves_the_first_listener_alone(bool memory)
    {
        var (acceptor, bound) = await BindAsync(memory ? new InMemoryEndPoint("used") : AnyPort);
        var second = CreateTestProbe();
        second.Send(Sys.Mqtt(), new Mqtt.Bind(second, bound.LocalAddress));
        var failed = await second.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(CommandFailure.BindFailed, failed.Reason);
        Assert.Contains("in use", failed.Message, StringComparison.Ordinal);
        Assert.NotNull(failed.Cause);
        if (!memory)
            Told.AssertCause(SocketError.AddressAlreadyInUse, failed);
        second.Send(Sys.Mqtt(), new Mqtt.Connect(bound.LocalAddress));
        await second.ExpectMsgAsync<Mqtt.Connected>(Soon);
        await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon);
    }

    [Fact]
    public async Task An_address_of_another_machine_cannot_be_bound()
    {
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), new Mqtt.Bind(commander, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
        var failed = await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal(CommandFailure.BindFailed, failed.Reason);
        Told.AssertCause(null, failed);
    }

    [Fact]
    public async Task A_host_that_does_not_resolve_fails_with_the_cause()
    {
        var failed = await FailAsync(new Mqtt.Connect("no-such-host.invalid", 1883));
        Assert.Contains("no-such-host.invalid:1883", failed.Message, StringComparison.Ordinal);
        Told.AssertCause(null, failed);
    }

    [Fact]
    public async Task A_dial_that_is_refused_fails_with_the_cause()
    {
        using var nobody = HeldPort.Refusing();
        var failed = await FailAsync(new Mqtt.Connect(nobody.EndPoint));
        Assert.Contains("refused", failed.Message, StringComparison.Ordinal);
        Told.AssertCause(SocketError.ConnectionRefused, failed);
    }

    [Fact]
    public async Task A_dial_that_takes_too_long_fails_with_its_timeout()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(AnyPort);
        silent.Listen();
        var failed = await FailAsync(new Mqtt.Connect(silent.LocalEndPoint!)
        {
            Tls = new TlsClientSettings { TargetHost = "localhost" },
            Timeout = TimeSpan.FromMilliseconds(100),
        });
        Assert.Contains("longer than", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_failed_dials_leave_no_descriptor_and_no_actor_behind()
    {
        using var nobody = HeldPort.Refusing();
        var commander = CreateTestProbe();
        await FailManyAsync(commander, nobody.EndPoint, 100);
        var before = Descriptors();
        await FailManyAsync(commander, nobody.EndPoint, 1000);
        await AwaitAssertAsync(() => Assert.InRange(Descriptors(), 0, before + 10));
        Assert.Empty(Children(Sys.Mqtt()));
    }

    [Fact]
    public async Task Unbind_is_answered_once_each_time_it_is_asked()
    {
        var (_, bound) = await BindAsync(AnyPort);
        using var client = await this.ConnectMqttProbeAsync(bound.LocalAddress); // keeps the listener's actor
        var requester = CreateTestProbe();
        requester.Send(bound.Listener, Mqtt.Unbind.Instance);
        await requester.ExpectMsgAsync<Mqtt.Unbound>(Soon);
        await requester.ExpectNoMsgAsync(Quiet);
        Assert.Contains("refused", (await FailAsync(new Mqtt.Connect(bound.LocalAddress))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_listener_whose_handler_dies_stops_accepting(bool memory)
    {
        var (acceptor, bound) = await BindAsync(memory ? new InMemoryEndPoint("orphan") : AnyPort);
        await WatchAsync(bound.Listener);
        Sys.Stop(acceptor);
        await ExpectTerminatedAsync(bound.Listener, Soon);
        Assert.Equal(CommandFailure.ConnectFailed, (await FailAsync(new Mqtt.Connect(bound.LocalAddress))).Reason);
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;

    private static IEnumerable<IActorRef> Children(IActorRef actor) => ((ActorCell)((ActorRefWithCell)actor).Underlying).ChildrenContainer.Children;

    private static async Task FailManyAsync(TestProbe commander, EndPoint address, int count)
    {
        var manager = commander.Sys.Mqtt();
        for (var i = 0; i < count; i++)
            commander.Send(manager, new Mqtt.Connect(address));
        for (var i = 0; i < count; i++)
            await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
    }

    private async Task<Mqtt.CommandFailed> FailAsync(Mqtt.Connect connect)
    {
        var commander = CreateTestProbe();
        commander.Send(Sys.Mqtt(), connect);
        var failed = await commander.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        Assert.Equal((CommandFailure.ConnectFailed, connect), (failed.Reason, failed.Command));
        return failed;
    }

    private async Task<(TestProbe Acceptor, Mqtt.Bound Bound)> BindAsync(EndPoint address)
    {
        var acceptor = CreateTestProbe();
        acceptor.Send(Sys.Mqtt(), new Mqtt.Bind(acceptor, address));
        return (acceptor, await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon));
    }
}
