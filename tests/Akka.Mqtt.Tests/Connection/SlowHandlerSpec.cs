using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

[Collection(Alone.Name)]
public sealed class FusedSlowHandlerSpec(ITestOutputHelper output) : SlowHandlerSpec(output, "");

[Collection(Alone.Name)]
public sealed class StreamedSlowHandlerSpec(ITestOutputHelper output) : SlowHandlerSpec(output, PublicApiFraming.Config);

/// <summary>
/// A peer that sends a lot and closes, and a handler that needs longer for it than <c>close-timeout</c>: everything arrives. Time is virtual: each
/// packet takes the handler some milliseconds of it.
/// </summary>
public abstract class SlowHandlerSpec(ITestOutputHelper output, string config) : FaultSpec(output, tcp: false, VirtualScheduler.Use + "\n" + config)
{
    private const int Count = 1_500;

    private static readonly MqttConnectionSettings Settings = MqttConnectionSettings.Create((Configuration.Config?)null) with
    {
        CloseTimeout = TimeSpan.FromSeconds(2),
        MaxUnhandledPackets = 100,
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TimeForOne = TimeSpan.FromMilliseconds(2); // 3 s for all of them

    private static readonly MqttPacket[] Sent =
    [
        new Connect { ClientId = "c", Version = MqttVersion.V5 },
        .. Enumerable.Range(0, Count).Select(i => (MqttPacket)new Publish("a", BitConverter.GetBytes(i))),
        new Disconnect(),
    ];

    [Theory]
    [InlineData(MqttDelivery.EachPacket)]
    [InlineData(MqttDelivery.Batches)]
    [InlineData(MqttDelivery.Pull)]
    public async Task Everything_that_came_before_the_close_arrives_at_a_slow_handler(MqttDelivery delivery)
    {
        var sink = CreateTestProbe();
        var tested = await OpenAsync(MqttRole.Server, Settings, register: false);
        var handler = Sys.ActorOf(Props.Create(() => new Slow(tested.Connection, delivery, sink)).WithDeploy(Deploy.Local));
        tested.Tell(new Mqtt.Register(handler) { Delivery = delivery });
        await tested.Peer.SendPacketAsync(Sent);
        tested.Peer.CompleteWrites();
        foreach (var packet in Sent)
            await sink.ExpectMsgAsync(packet, Patience);
        await sink.ExpectMsgAsync<Mqtt.PeerClosed>(Patience);
    }

    [Fact]
    public async Task Everything_that_came_before_the_close_arrives_at_a_slow_stream()
    {
        var binding = await MqttStream.Bind(Sys, new InMemoryEndPoint("slow"), bind => bind with { Settings = Settings })
            .Select(incoming =>
            {
                var received = Source.Maybe<MqttPacket>().Via(incoming.Flow).Select(packet =>
                {
                    TakeTime(Sys);
                    return packet;
                }).RunWith(Sink.Seq<MqttPacket>(), Sys.Materializer());
                received.PipeTo(TestActor, success: packets => new Mqtt.Received([.. packets]));
                return incoming;
            })
            .To(Sink.Ignore<MqttIncomingConnection>().MapMaterializedValue(_ => NotUsed.Instance))
            .Run(Sys.Materializer());
        var client = CreateTestProbe();
        client.Send(Sys.Mqtt(), new Mqtt.Connect(binding.LocalAddress));
        var connection = (await client.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        client.Send(connection, new Mqtt.Register(client));
        foreach (var packet in Sent)
            client.Send(connection, packet);
        client.Send(connection, Mqtt.Close.Instance);
        Assert.Equal(Sent, (await ExpectMsgAsync<Mqtt.Received>(Patience)).Packets);
    }

    private static void TakeTime(ActorSystem system) => ((TestScheduler)system.Scheduler).Advance(TimeForOne);

    /// <summary>Needs some milliseconds for each packet.</summary>
    private sealed class Slow : UntypedActor
    {
        private readonly IActorRef _connection;
        private readonly MqttDelivery _delivery;
        private readonly IActorRef _sink;

        public Slow(IActorRef connection, MqttDelivery delivery, IActorRef sink) => (_connection, _delivery, _sink) = (connection, delivery, sink);

        protected override void PreStart() => Ask();

        protected override void OnReceive(object message)
        {
            if (message is Mqtt.Received batch)
            {
                foreach (var packet in batch.Packets)
                    Handle(packet);
                return;
            }

            Handle(message);
        }

        private void Handle(object message)
        {
            TakeTime(Context.System);
            _sink.Tell(message);
            Ask();
        }

        private void Ask()
        {
            if (_delivery == MqttDelivery.Pull)
                _connection.Tell(new Mqtt.Request(1));
        }
    }
}
