using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Dsl;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Docs;

/// <summary>The snippets of docs/connection.md: compiled and run.</summary>
public sealed class ConnectionSnippetsSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public async Task Deliveries_writes_and_closing_read_as_documented()
    {
        var connection = await EchoAsync();
        var handler = TestActor;
        var commander = TestActor;
        #region doc:register
        connection.Tell(new Mqtt.Register(handler));                                             // one message per packet
        connection.Tell(new Mqtt.Register(handler) { Delivery = MqttDelivery.Batches });         // Mqtt.Received with all packets of a chunk
        connection.Tell(new Mqtt.Register(handler) { Delivery = MqttDelivery.Pull });            // as many as asked for:
        connection.Tell(new Mqtt.Request(100));
        connection.Tell(new Mqtt.Register(handler) { PayloadEncoding = Encoding.UTF8 });         // TextPublish instead of Publish
        #endregion
        connection.Tell(new Connect { ClientId = "c" });
        await FishForMessageAsync(message => message is ConnAck);
        #region doc:write
        connection.Tell(new Publish("a/b", "hello"));                                            // fire and forget
        connection.Tell(new Mqtt.Write(new Publish("a/b", "hello"), ack: 1), commander);         // 1 comes back when it has gone to the transport
        connection.Tell(new Mqtt.WriteBatch([new Publish("a", "1"), new Publish("b", "2")], ack: "both"), commander);
        connection.Tell(Mqtt.Close.Instance);                                                    // sends what is queued, then closes
        #endregion
        await FishForMessageAsync(message => message is 1);
        await FishForMessageAsync(message => message is "both");
        await FishForMessageAsync(message => message is Mqtt.Closed);
    }

    [Fact]
    public async Task Streams_read_as_documented()
    {
        Sys.Mqtt().Tell(new Mqtt.Bind(Sys.ActorOf<EchoServer>(), new IPEndPoint(IPAddress.Loopback, 0)), TestActor);
        var port = ((IPEndPoint)(await ExpectMsgAsync<Mqtt.Bound>(Soon)).LocalAddress).Port;
        #region doc:streams
        var packets = Source.From<MqttPacket>([new Connect { ClientId = "stream" }, new Publish("example", "hello")]);
        var received = await packets
            .Via(MqttStream.OutgoingConnection(Sys, "localhost", port))
            .Take(2)
            .RunWith(Sink.Seq<MqttPacket>(), Sys.Materializer());
        #endregion
        Assert.Equal([new ConnAck(), new Publish("example", "hello")], received);
    }

    private async Task<IActorRef> EchoAsync()
    {
        Sys.Mqtt().Tell(new Mqtt.Bind(Sys.ActorOf<EchoServer>(), new IPEndPoint(IPAddress.Loopback, 0)), TestActor);
        var bound = await ExpectMsgAsync<Mqtt.Bound>(Soon);
        Sys.Mqtt().Tell(new Mqtt.Connect(bound.LocalAddress), TestActor);
        return (await ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
    }

    /// <summary>Answers CONNECT and sends every message back.</summary>
    private sealed class EchoServer : ReceiveActor
    {
        public EchoServer()
        {
            Receive<Mqtt.Connected>(_ => Sender.Tell(new Mqtt.Register(Self)));   // one for each client
            Receive<Connect>(_ => Sender.Tell(new ConnAck()));
            Receive<Publish>(message => Sender.Tell(message));
            Receive<Mqtt.ConnectionClosed>(_ => { });
        }
    }
}
