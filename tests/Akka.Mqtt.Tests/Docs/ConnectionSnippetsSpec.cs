using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Dsl;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Docs;

/// <summary>The snippets of docs/connection.md and docs/getting-started.md: compiled and run.</summary>
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

    [Fact]
    public void Commands_and_packets_of_getting_started_are_what_they_say()
    {
        #region doc:dial-tls
        var secure = new Mqtt.Connect(new Uri("mqtts://broker.example.com"))                     // port 8883, authorities of the system
        {
            Tls = new TlsClientSettings { TargetHost = "broker.example.com" },
        };
        #endregion
        Assert.Equal("broker.example.com", secure.Tls.TargetHost);
        #region doc:properties
        var request = new Publish("lights/kitchen", "on")
        {
            QoS = QualityOfService.AtLeastOnce,
            PacketId = 1,                                                                         // yours to choose, one that is not in use
            Properties = new PublishProperties
            {
                ContentType = "text/plain",
                ResponseTopic = "replies/me",
                CorrelationData = MqttBinary.FromText("42"),
                MessageExpiryInterval = 60,                                                       // seconds
                UserProperties = [new UserProperty("trace", "abc")],
            },
        };
        #endregion
        Assert.Equal("replies/me", request.Properties.ResponseTopic);
    }

    [Fact]
    public async Task A_client_of_getting_started_dials_again_until_a_server_answers()
    {
        Sys.ActorOf(Props.Create(() => new Reconnecting(new InMemoryEndPoint("again"), TestActor)));
        await ExpectMsgAsync<Mqtt.CommandFailed>(Soon); // nobody listens
        Sys.Mqtt().Tell(new Mqtt.Bind(Sys.ActorOf<EchoServer>(), new InMemoryEndPoint("again")), TestActor);
        await FishForMessageAsync(message => message is ConnAck, Soon);
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

    #region doc:reconnect
    /// <summary>Dials again when the connection has ended or cannot be made, after a pause that grows to a minute.</summary>
    public sealed class Reconnecting : ReceiveActor, IWithTimers
    {
        private readonly EndPoint _server;
        private TimeSpan _pause = TimeSpan.FromMilliseconds(100);

        public Reconnecting(EndPoint server, IActorRef listener)
        {
            _server = server;
            Receive<Mqtt.Connected>(connected =>
            {
                connected.Connection.Tell(new Mqtt.Register(Self));
                connected.Connection.Tell(new Connect { ClientId = "example", CleanStart = false });
            });
            Receive<ConnAck>(answer =>
            {
                if (answer.ReasonCode == ReasonCode.Success)
                    _pause = TimeSpan.FromMilliseconds(100);
                else
                    Sender.Tell(Mqtt.Close.Instance); // Closed follows, and with it the next attempt
                listener.Tell(answer);
            });
            Receive<Mqtt.CommandFailed>(failed =>
            {
                listener.Tell(failed);
                if (failed.Command is Mqtt.Connect)
                    DialLater();
            });
            Receive<Mqtt.ConnectionClosed>(_ => DialLater());
            Receive<Dial>(_ => Context.System.Mqtt().Tell(new Mqtt.Connect(_server)));
            Self.Tell(new Dial());
        }

        public ITimerScheduler Timers { get; set; } = null!;

        private void DialLater()
        {
            var jitter = TimeSpan.FromMilliseconds(Random.Shared.Next(100)); // so that clients of a server that restarts do not come at once
            Timers.StartSingleTimer("dial", new Dial(), _pause + jitter);
            _pause = TimeSpan.FromSeconds(Math.Min(60, _pause.TotalSeconds * 2));
        }

        private sealed record Dial;
    }
    #endregion
}
