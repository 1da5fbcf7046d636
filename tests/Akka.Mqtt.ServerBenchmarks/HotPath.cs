using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using BenchmarkDotNet.Attributes;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// The parts of the way of a message of 64 bytes and QoS 0 through the server, in batches as chunks bring them: decode, route (from packets to
/// the mailbox of the session), deliver (the session: mailbox, accounts, command to the connection) and encode. Actors run on the thread that tells them,
/// so that no queue and no other thread is measured. Time is for one message.
/// </summary>
public class HotPath
{
    private const int PerInvoke = 2048;

    private readonly List<MqttPacket> _packets = new(1024);
    private readonly byte[] _written = new byte[1 << 17];
    private byte[] _chunk = [];
    private Publish[] _batch = [];
    private MqttFrameDecoder _frames = null!;
    private ActorSystem _system = null!;
    private Publisher _toNobody = null!;
    private Publisher _toSession = null!;
    private DeliveryTarget _target = null!;

    [Params(1, 16, 512)]
    public int Batch { get; set; } = 512;

    [Params(1, 20)]
    public int Topics { get; set; } = 1;

    [GlobalSetup]
    public void Setup()
    {
        _batch = [.. Enumerable.Range(0, Batch).Select(at => new Publish($"sensors/{at % Topics:D6}/temperature", new byte[64]))];
        _chunk = [.. _batch.SelectMany(packet => MqttEncoder.Encode(packet, MqttVersion.V311))];
        _frames = new MqttFrameDecoder(new MqttDecoder(MqttRole.Server, MqttVersion.V311));
        _system = ActorSystem.Create("hot", ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }")
            .WithFallback(ConfigurationFactory.FromResource<TestKitBase>("Akka.TestKit.Internal.Reference.conf")));

        // Publishers see a session that is but its mailbox, or a real one.
        var sink = new ActorTarget("sink", new Sink("sink"), int.MaxValue);
        var context = Context();
        context.Routing.Current = SubscriptionIndex.Empty.With("sensors/+/temperature", null, new Subscriber(sink, QualityOfService.AtMostOnce, false, false, 0));
        _toNobody = new Publisher(context, "p");
        OpenSession();
    }

    [GlobalCleanup]
    public void Cleanup() => _system.Terminate().Wait();

    [Benchmark(OperationsPerInvoke = PerInvoke)]
    public void Decode() => Repeat(DecodeBatch);

    [Benchmark(OperationsPerInvoke = PerInvoke)]
    public void Route() => Repeat(() => Publish(_toNobody));

    [Benchmark(OperationsPerInvoke = PerInvoke)]
    public void Deliver() => Repeat(DeliverBatch);

    [Benchmark(OperationsPerInvoke = PerInvoke)]
    public void Encode() => Repeat(EncodeBatch);

    [Benchmark(OperationsPerInvoke = PerInvoke)]
    public void AllFour() => Repeat(() =>
    {
        DecodeBatch();
        foreach (var packet in _packets)
            _toSession.Add((Publish)packet);
        _toSession.Flush();
        EncodeBatch();
    });

    /// <summary>Prints the best rounds of all parts side by side.</summary>
    internal static void PrintBest()
    {
        Rounds.Print($"QoS 0, 64 bytes, 3.1.1; ns and bytes allocated for one message, best of rounds");
        Rounds.Print($"{"",-24}{"decode",16}{"route",16}{"deliver",16}{"encode",16}{"all four",16}");
        foreach (var topics in (int[])[1, 20])
        {
            foreach (var batch in (int[])[1, 16, 512])
            {
                var parts = new HotPath { Batch = batch, Topics = topics };
                parts.Setup();
                var figures = Rounds.Compare(Loop(parts.Decode), Loop(parts.Route), Loop(parts.Deliver), Loop(parts.Encode), Loop(parts.AllFour));
                parts.Cleanup();
                var name = $"{topics} topic{(topics == 1 ? "" : "s")}, batches of {batch}";
                Rounds.Print($"{name,-24}{Figure(figures[0])}{Figure(figures[1])}{Figure(figures[2])}{Figure(figures[3])}{Figure(figures[4])}");
            }
        }
    }

    private static Action<int> Loop(Action part) => times =>
    {
        for (; times > 0; times--)
            part();
    };

    private static string Figure((double Nanoseconds, double Bytes) figure) =>
        FormattableString.Invariant($"{figure.Nanoseconds / PerInvoke,8:F1} ns{figure.Bytes / PerInvoke,4:F0}B");

    private static ServerContext Context() => ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty));

    private void Repeat(Action batch)
    {
        for (var left = PerInvoke / Batch; left > 0; left--)
            batch();
    }

    private void DecodeBatch()
    {
        _packets.Clear();
        _frames.Decode(_chunk, _packets);
    }

    private void Publish(Publisher publisher)
    {
        foreach (var packet in _batch)
            publisher.Add(packet);
        publisher.Flush();
    }

    private void DeliverBatch()
    {
        _target.TryDeliver(new Deliver(_target, new MessageBatch(_batch, isShared: false), 0));
    }

    private void EncodeBatch()
    {
        var at = 0;
        foreach (var packet in _batch)
        {
            MqttEncoder.TryMeasure(packet, MqttVersion.V311, MqttRole.Server, out var size, out _);
            at += MqttEncoder.Write(packet, MqttVersion.V311, _written.AsSpan(at, size));
        }
    }

    // A session with a connection and a subscription, without registry and handshake.
    private void OpenSession()
    {
        var context = Context();
        var key = new SessionKey("", null, "s");
        var session = _system.ActorOf(SessionActor.PropsFor(context, key).WithDispatcher(CallingThreadDispatcher.Id));
        var connection = new Sink("connection");
        var transport = new TransportInfo(MqttTransport.InMemory);
        session.Tell(new SessionProtocol.Attach(1, new OpenSession(
            key,
            "s",
            new Sink("handshake"),
            connection,
            transport,
            new Connect { ClientId = "s" },
            new ConnAck(ReasonCode.Success),
            new ClientIdentity("s", null, ""),
            context.Security.Of(""),
            null,
            "",
            new ClientConnection(transport, MqttVersion.V311, null, 0, DateTimeOffset.UnixEpoch))));
        session.Tell(new Mqtt.Received([new Subscribe(1, [new Subscription("sensors/+/temperature")])]), connection);
        SpinWait.SpinUntil(() => !context.Routing.Current.IsEmpty); // a top-level actor is started by another thread
        var matches = new SubscriptionIndex.Matches();
        context.Routing.Current.Match("sensors/1/temperature", matches);
        _target = ((Subscriber)matches.Found[0]).Target;
        _toSession = new Publisher(context, "p");
    }
}
