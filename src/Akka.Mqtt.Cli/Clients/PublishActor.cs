using Akka.Mqtt.Cli.Bench;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Cli.Clients;

/// <summary><c>akka-mqtt pub</c>: publishes one message, once or repeatedly, or each line of stdin. A batch of lines is one write.</summary>
internal sealed class PublishActor : ClientActor
{
    private const int DefaultInflight = 1000;
    private const int MosquittoInflight = 20; // with more messages of QoS 2 mosquitto closes the connection; before 5.0 a server cannot announce its limit
    private const long MaxUnacknowledgedBytes = 16 * 1024 * 1024;

    private readonly Publish _message; // with -l without its payload
    private readonly LineSource? _lines;
    private readonly List<MqttPacket> _out = [];
    private readonly Queue<Pending> _batches = new(); // read and not sent; at most LineSource.Ahead, and the batches of a lost session
    private int _next; // in the first batch
    private OutboundWindow _window = new(MaxUnacknowledgedBytes);
    private int _unwritten; // batches of QoS 0 that the transport does not have yet
    private bool _hasStarted;
    private bool _inputEnded;
    private bool _isPublishing; // a message was offered, and its end is not known
    private bool _hasAlias; // the server knows the topic alias
    private int _repetitions;
    private long _sent;

    public PublishActor(ClientRun run, Mqtt.Connect dial, Connect hello, MqttBinary payload)
        : base(run, dial, hello)
    {
        var options = run.Options;
        _message = new Publish(options.Topics[0], payload)
        {
            QoS = options.QoS,
            Retain = options.Retain,
            Properties = IsV5 ? options.PublishProperties : null,
        };
        if (options.Source == MessageSource.Lines)
            _lines = new LineSource(run.Input, _message, Self);
        _repetitions = options.Repeat;
    }

    protected override bool Reconnects => _lines is not null;

    private bool IsQoS0 => _message.QoS == QualityOfService.AtMostOnce;

    private bool IsIdle => _batches.Count == 0 && _unwritten == 0 && _window.Count == 0;

    protected override void PostStop()
    {
        _lines?.Dispose();
        base.PostStop();
    }

    protected override void OnAccepted(ConnAck accepted)
    {
        _hasAlias = false;
        BeginWindow(accepted);
        if (_lines is null)
        {
            Offer([_message], isRead: false);
        }
        else if (!_hasStarted)
        {
            _hasStarted = true;
            _lines.Start();
            if (Run.Options.Progress)
                Timers.StartPeriodicTimer(Timer.Progress, Timer.Progress, TimeSpan.FromSeconds(1));
        }
        Pump();
    }

    protected override void OnConnectionLost()
    {
        for (; _unwritten > 0; _unwritten--)
            _lines?.Release();
    }

    protected override void OnPackets(ReadOnlySpan<MqttPacket> packets)
    {
        foreach (var packet in packets)
        {
            switch (packet)
            {
                case PubAck ack:
                    Warn(ack.ReasonCode, ack.Properties);
                    _window.PubAck(ack.PacketId);
                    break;
                case PubRec received:
                    Warn(received.ReasonCode, received.Properties);
                    if (_window.PubRec(received.PacketId, !received.ReasonCode.IsFailure()) == AckResult.Release)
                        _out.Add(Replies.PubRel(received.PacketId));
                    break;
                case PubComp completed:
                    _window.PubComp(completed.PacketId);
                    break;
                default:
                    OnOther(packet);
                    break;
            }
        }
        Pump();
    }

    protected override void OnMessage(object message)
    {
        switch (message)
        {
            case LineSource.Batch batch:
                Offer(batch.Messages, isRead: true);
                Pump();
                break;
            case LineSource.Ended { Error: { } error }:
                Fail(ExitCodes.Failed, $"cannot read stdin: {error}");
                break;
            case LineSource.Ended:
                _inputEnded = true;
                Pump();
                break;
            case Written written when Sender.Equals(Connection):
                _sent += written.Count;
                _unwritten--;
                _lines?.Release();
                Pump();
                break;
            case Timer.Repeat:
                Offer([_message], isRead: false);
                Pump();
                break;
            case Timer.Progress:
                Run.Progress(_sent);
                break;
        }
    }

    private void Offer(List<MqttPacket> messages, bool isRead)
    {
        _batches.Enqueue(new Pending(messages, isRead));
        _isPublishing = true;
    }

    /// <summary>Sends as much as allowed, and ends when all is done.</summary>
    private void Pump()
    {
        if (!IsOpen)
            return;
        if (IsQoS0)
            SendAll();
        else
            SendWindow();
        if (!IsIdle || !(_isPublishing || _inputEnded))
            return;
        _isPublishing = false;
        if (_lines is not null ? _inputEnded : --_repetitions <= 0)
            Leave(0);
        else if (_lines is null)
            Timers.StartSingleTimer(Timer.Repeat, Timer.Repeat, Run.Options.RepeatDelay);
    }

    private void SendAll()
    {
        while (_batches.TryDequeue(out var pending))
        {
            var batch = pending.Messages;
            for (var i = 0; _message.Properties?.TopicAlias is not null && i < batch.Count; i++)
                batch[i] = Aliased((Publish)batch[i]);
            _unwritten++;
            Send(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch), new Written(batch.Count));
        }
    }

    private void SendWindow()
    {
        SendAgain();
        while (_batches.TryPeek(out var pending) && _window.HasRoom)
        {
            var message = (Publish)pending.Messages[_next++];
            _out.Add(Aliased(_window.Add(new QueuedMessage(message, 0), message)));
            _sent++;
            if (_next < pending.Messages.Count)
                continue;
            _batches.Dequeue();
            _next = 0;
            if (pending.IsRead)
                _lines?.Release();
        }
        Send(_out);
    }

    /// <summary>With a topic alias, the topic is sent once.</summary>
    private Publish Aliased(Publish message)
    {
        if (message.Properties?.TopicAlias is null)
            return message;
        var first = !_hasAlias;
        _hasAlias = true;
        return first ? message : message with { Topic = "" };
    }

    /// <summary>Sends unacknowledged messages again. If the server has no session, they are published as new messages, before all others.</summary>
    private void BeginWindow(ConnAck accepted)
    {
        var most = Run.Options.MaxInflight ?? (_message.QoS == QualityOfService.ExactlyOnce && !IsV5 ? MosquittoInflight : DefaultInflight);
        var quota = Math.Min(most, accepted.Properties?.ReceiveMaximum ?? ushort.MaxValue); // [MQTT-4.9.0-2 v5]
        if (!accepted.SessionPresent && _window.Count > 0)
        {
            List<MqttPacket> again = [.. _window.Messages().Where(each => each.Message is not null).Select(each => each.Message!.Value.Packet)];
            var isRead = false;
            if (_batches.TryDequeue(out var first))
            {
                again.AddRange(first.Messages.Skip(_next));
                isRead = first.IsRead;
            }
            Pending[] rest = [.. again.Count > 0 ? [new Pending(again, isRead)] : Array.Empty<Pending>(), .. _batches];
            _next = 0;
            _batches.Clear();
            foreach (var each in rest)
                _batches.Enqueue(each);
            _window = new OutboundWindow(MaxUnacknowledgedBytes);
        }
        _window.BeginConnection(quota);
    }

    private void SendAgain()
    {
        while (_window.TryPeekResend(out var id, out var message))
        {
            // [MQTT-4.4.0-1 v5]
            _out.Add(message is { } kept ? kept.Packet with { PacketId = id, Dup = true } : Replies.PubRel(id));
            _window.Resent();
        }
    }

    private void Warn(ReasonCode code, AckProperties? properties)
    {
        if (!code.IsFailure())
            return;
        var reason = properties?.ReasonString is { } text ? $" The server says: {LogText.Escape(text)}" : "";
        Run.Error($"the server did not accept a message: {Words(code)} ({(byte)code}).{reason}");
    }

    private sealed record Written(int Count);

    /// <summary>Messages in their order.</summary>
    /// <param name="Messages">The messages.</param>
    /// <param name="IsRead">Whether the source waits for their end before it continues to read.</param>
    private readonly record struct Pending(List<MqttPacket> Messages, bool IsRead);

    private enum Timer
    {
        Repeat,
        Progress,
    }
}
