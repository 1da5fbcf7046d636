using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Docs;

/// <summary>The programs of README.md do what somebody copies them for.</summary>
public sealed class FirstProgramsSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private readonly Lines _client = new();
    private readonly Lines _server = new();

    [Fact]
    public async Task Client_and_server_talk_to_each_other()
    {
        var server = Sys.ActorOf(Props.Create(() => new FirstServer.EchoServer(new IPEndPoint(IPAddress.Loopback, 0), _server)).WithDeploy(Deploy.Local));
        await AwaitAssertAsync(() => Assert.StartsWith("Listening at ", _server.All, StringComparison.Ordinal), Soon);
        var port = int.Parse(_server.All.TrimEnd('|').Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var client = Sys.ActorOf(Props.Create(() => new FirstClient.Client("localhost", port, _client)).WithDeploy(Deploy.Local));
        await AwaitAssertAsync(() => Assert.EndsWith("|first/topic: hello|", _client.All, StringComparison.Ordinal), Soon);
        await WatchAsync(client);
        client.Tell(new Mqtt.CommandFailed(new Publish("t"), CommandFailure.QueueFull, "full")); // of a packet: it lives on
        Assert.False(server.IsNobody());
    }

    [Fact]
    public async Task The_client_ends_when_nobody_can_be_dialled()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var client = await WatchAsync(Sys.ActorOf(Props.Create(() => new FirstClient.Client("127.0.0.1", port, _client)).WithDeploy(Deploy.Local)));
        await ExpectTerminatedAsync(client, Soon);
        Assert.Contains("failed", _client.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_does_not_publish_after_a_refusal_and_ends()
    {
        Sys.Mqtt().Tell(new Mqtt.Bind(TestActor, new IPEndPoint(IPAddress.Loopback, 0)), TestActor);
        var port = ((IPEndPoint)(await ExpectMsgAsync<Mqtt.Bound>(Soon)).LocalAddress).Port;
        var client = Sys.ActorOf(Props.Create(() => new FirstClient.Client("127.0.0.1", port, _client)).WithDeploy(Deploy.Local));
        var connection = (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(TestActor));
        await ExpectMsgAsync<Connect>(Soon);
        connection.Tell(new ConnAck(ReasonCode.NotAuthorized));
        await ExpectMsgAsync<Mqtt.ConnectionClosed>(Soon); // and no packet before it
        await WatchAsync(client);
        await ExpectTerminatedAsync(client, Soon);
        Assert.StartsWith("The server answered: ConnAck { NotAuthorized", _client.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_ends_when_it_cannot_listen()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var address = (IPEndPoint)taken.LocalEndPoint!;
        var server = await WatchAsync(Sys.ActorOf(Props.Create(() => new FirstServer.EchoServer(address, _server)).WithDeploy(Deploy.Local)));
        await ExpectTerminatedAsync(server, Soon);
        Assert.Contains("failed", _server.All, StringComparison.Ordinal);
    }

    private sealed class Lines : TextWriter
    {
        private readonly StringBuilder _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public string All
        {
            get
            {
                lock (_text)
                    return _text.ToString();
            }
        }

        public override void WriteLine(string? value)
        {
            lock (_text)
                _text.Append(value).Append('|');
        }
    }
}
