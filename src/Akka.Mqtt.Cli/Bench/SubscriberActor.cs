using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>A subscriber: acknowledges, counts, measures, and reports to each publisher once per batch how many of its messages have arrived.</summary>
internal sealed class SubscriberActor : LoadClient
{
    private readonly int _index;
    private readonly string _filter;
    private readonly int[] _counts; // of this batch, by publisher
    private readonly List<int> _touched = [];
    private readonly List<MqttPacket> _replies = [];

    public SubscriberActor(LoadRun run, string clientId, int number, int index)
        : base(run, clientId, number)
    {
        _index = index;
        _filter = BenchTopics.Filter(run.Options, index);
        _counts = new int[run.Options.Pubs];
    }

    protected override void OnAccepted(ConnAck accepted) =>
        Connection.Tell(new Subscribe(1, new Subscription(_filter, Run.Options.QoS)));

    protected override void OnPackets(ReadOnlySpan<MqttPacket> packets)
    {
        var now = Stopwatch.GetTimestamp();
        var (received, atOnce, sentAt) = (0, 0, 0L);
        foreach (var packet in packets)
        {
            switch (packet)
            {
                case Publish message:
                    Acknowledge(message);
                    if (!Stamp.TryRead(message.Payload.Span, Run.Id, out var time, out var publisher))
                        break;
                    received++;
                    if (_counts[publisher]++ == 0)
                        _touched.Add(publisher);
                    if (time != sentAt)
                    {
                        Run.Latency(sentAt, now, atOnce);
                        (sentAt, atOnce) = (time, 0);
                    }
                    atOnce++;
                    break;
                case PubRel release:
                    _replies.Add(Replies.PubComp(release.PacketId));
                    break;
                case SubAck granted:
                    OnGranted(granted.ReasonCodes[0]);
                    break;
                default:
                    OnOther(packet);
                    break;
            }
        }
        Run.Latency(sentAt, now, atOnce);
        Reply();
        if (received > 0)
            Report(received);
    }

    private void OnGranted(ReasonCode code)
    {
        if (code.IsFailure())
            Run.Fail($"the server refused the subscription to {_filter}: {code}.");
        else if ((byte)code < (byte)Run.Options.QoS)
            Run.Fail($"the server grants {_filter} QoS {(byte)code}, not {(int)Run.Options.QoS}.");
        else
            Run.Ready();
    }

    private void Acknowledge(Publish message)
    {
        if (message.QoS == QualityOfService.AtLeastOnce)
            _replies.Add(Replies.PubAck(message.PacketId));
        else if (message.QoS == QualityOfService.ExactlyOnce)
            _replies.Add(Replies.PubRec(message.PacketId));
    }

    private void Reply()
    {
        if (_replies.Count == 0)
            return;
        Write(CollectionsMarshal.AsSpan(_replies));
        _replies.Clear();
    }

    private void Report(int received)
    {
        Run.Received(received);
        foreach (var publisher in _touched)
        {
            Run.Publishers[publisher].Tell(new PublisherActor.Arrived(_index, _counts[publisher]));
            _counts[publisher] = 0;
        }
        _touched.Clear();
    }
}
