using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The output of the client actor. Packets are sent in batches: while one is being written, the next one is collected. Messages for the handler are collected
/// for each received chunk.
/// </summary>
internal sealed class ClientOutput : IClientOutput
{
    private const int FullCount = 1000;
    private const int FullBytes = 256 * 1024;
    private const int SmallPacket = 32; // bytes that a packet other than PUBLISH is counted with

    // Answers accumulate when a server sends but does not read. This number of packets is far more than a reading server can cause.
    private const int OverrunCount = 200_000;

    private readonly IActorRef _self;
    private readonly IActorRef _handler;
    private readonly Action<MqttPacket>? _onSending; // traces packets; mostly null
    private List<Publish>? _messages; // null until one is received
    private readonly OutputBatch _gathered = new();
    private List<Pending>? _writing; // QoS 0 in the batch that is being written
    private QueueStages? _queue; // with a queue that survives the process
    private IActorRef? _connection;
    private Written? _written; // of the current connection
    private bool _isWriting;
    private long _firstNumber;
    private int _numbered;
    private int _lateAnswers; // of this chunk
    private int _told; // bytes of messages of this chunk that were sent to the handler

    public ClientOutput(IActorRef self, IActorRef handler, Action<MqttPacket>? onSending)
    {
        _self = self;
        _handler = handler;
        _onSending = onSending;
    }

    /// <summary>The requests; null until the first one.</summary>
    public RequestTable? Requests { get; set; }

    /// <summary>Commands that have no outcome yet.</summary>
    public int Commands { get; private set; }

    /// <summary>Whether something was sent since this was set to false.</summary>
    public bool HasSent { get; set; }

    /// <summary>Whether <see cref="ClientTick.Flush"/> is on its way to the client actor.</summary>
    public bool FlushIsDue { get; set; }

    /// <summary>Whether more answers are collected than a reading server can cause.</summary>
    public bool IsOverrun => _gathered.Packets.Count > OverrunCount;

    public bool IsFull => IsFullOf(_gathered) || (_queue is not null && IsFullOf(_queue.Ready));

    /// <summary>From now on packets and outcomes wait until the queue has written the earlier changes.</summary>
    /// <param name="queue">The queue.</param>
    public void Use(QueueWriter queue) => _queue = new QueueStages(queue);

    /// <summary>A command was taken.</summary>
    public void Begin() => Commands++;

    public void BeginConnection(IActorRef connection)
    {
        _connection = connection;
        _written = new Written();
        _isWriting = false;
    }

    /// <summary>The connection has ended: unwritten packets are not sent.</summary>
    /// <param name="cause">Why.</param>
    public void EndConnection(MqttClient.Cause cause)
    {
        _connection = null;
        _written = null;
        foreach (var pending in _writing ?? [])
            Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        _writing?.Clear();
        if (_queue is not null)
        {
            Drop(_queue.Ready, cause);
            Drop(_queue.Committing, cause);
        }
        Drop(_gathered, cause);
    }

    public void Send(MqttPacket packet) => _gathered.Add(packet, packet is Publish publish ? QueuedMessage.SizeOf(publish) : SmallPacket);

    public void SendUnconfirmed(Publish packet, in Pending pending)
    {
        Send(packet);
        _gathered.AddUnconfirmed(pending);
    }

    public void Complete(in Pending pending, MqttClient.Outcome outcome)
    {
        if (_queue is null or { Writer.IsWritten: true } || outcome.Correlation is OwnCommand) // the reaction of the client itself waits for the queue again
            TellOutcome(pending, outcome);
        else
            _gathered.AddOutcome(pending, outcome);
    }

    /// <summary>The client stops: sends the outcomes that waited for the queue.</summary>
    /// <param name="isWritten">Whether the queue has everything.</param>
    public void EndQueue(bool isWritten)
    {
        if (_queue is null)
            return;
        _gathered.MoveTo(_queue.Committing);
        foreach (var (pending, outcome) in _queue.Committing.Outcomes ?? [])
        {
            var isTrue = isWritten || outcome is MqttClient.Acked or MqttClient.Sent or MqttClient.Replied or MqttClient.TimedOut;
            TellOutcome(pending, isTrue ? outcome : new MqttClient.Unknown(outcome.Correlation));
        }
        _queue = null;
    }

    public void Deliver(Publish message, long number)
    {
        if (number >= 0)
        {
            if (_numbered > 0 && number != _firstNumber + _numbered)
                TellGathered(); // a repeated message between them is not delivered, but an event acknowledges consecutive numbers
            if (_numbered++ == 0)
                _firstNumber = number;
        }
        (_messages ??= []).Add(message);
    }

    public void Tell(MqttClient.Event change)
    {
        if (change is MqttClient.ResubscribeFailed lost && Requests?.TryLose(lost) == true)
            return;
        _handler.Tell(change, _self);
    }

    /// <summary>An answer arrived for which no request waits.</summary>
    public void CountLateAnswer() => _lateAnswers++;

    /// <summary>Sends the messages of a chunk to the handler.</summary>
    /// <returns>Their bytes.</returns>
    public int TellMessages()
    {
        TellGathered();
        if (_lateAnswers > 0)
            Tell(new MqttClient.LateAnswers(_lateAnswers));
        _lateAnswers = 0;
        var bytes = _told;
        _told = 0;
        return bytes;
    }

    /// <summary>Sends after all messages that are now in the mailbox, because commands and acknowledgements often arrive many at a time.</summary>
    public void FlushLater()
    {
        if (FlushIsDue)
            return;
        FlushIsDue = true;
        _self.Tell(ClientTick.Flush, _self);
    }

    /// <summary>Sends the collected packets, unless a batch is being written. Packets that depend on changes of the queue wait for their commit, which this call starts.</summary>
    public void Flush()
    {
        if (_queue is { Writer.IsWritten: false, Writer.IsCommitting: false })
        {
            _gathered.MoveTo(_queue.Committing);
            _queue.Writer.Begin();
        }
        else if (_queue is { Writer.IsWritten: true })
        {
            TellOutcomes(_gathered);
        }
        if (_queue is { Ready.Packets.Count: > 0 })
            Write(_queue.Ready);
        else if (_queue is null or { Writer.IsWritten: true })
            Write(_gathered);
    }

    /// <summary>The queue has finished a commit.</summary>
    public void EndCommit()
    {
        TellOutcomes(_queue!.Committing);
        _queue.Committing.MoveTo(_queue.Ready);
    }

    /// <summary>A batch was handed to the transport.</summary>
    /// <param name="written">The acknowledgement.</param>
    /// <returns>Whether it is of this connection.</returns>
    public bool TryEndWrite(Written written)
    {
        if (!ReferenceEquals(written, _written))
            return false;
        _isWriting = false;
        foreach (var pending in _writing ?? [])
            Complete(pending, new MqttClient.Sent(pending.Command!.Correlation));
        _writing?.Clear();
        return true;
    }

    private static bool IsFullOf(OutputBatch batch) => batch.Packets.Count >= FullCount || batch.Bytes >= FullBytes;

    private void Write(OutputBatch batch)
    {
        if (_isWriting || batch.Packets.Count == 0 || _connection is null)
            return;
        HasSent = true;
        _isWriting = true;
        if (_onSending is not null)
            batch.Packets.ForEach(packet => PacketTrace.Show(_onSending, packet));
        _connection.Tell(new Mqtt.WriteBatch(MqttList.Wrap(batch.Packets.ToArray()), _written), _self);
        _writing = batch.TakeUnconfirmed(_writing);
        batch.ClearPackets();
    }

    private void Drop(OutputBatch batch, MqttClient.Cause cause)
    {
        foreach (var pending in batch.Unconfirmed ?? [])
            Complete(pending, new MqttClient.Failed(pending.Command!.Correlation, cause));
        batch.ClearPackets();
    }

    private void TellOutcomes(OutputBatch batch)
    {
        foreach (var (pending, outcome) in batch.Outcomes ?? [])
            TellOutcome(pending, outcome);
        batch.Outcomes?.Clear();
    }

    private void TellOutcome(in Pending pending, MqttClient.Outcome outcome)
    {
        if (pending.IsStored)
        {
            if (outcome is not MqttClient.Acked)
                Tell(new MqttClient.Undelivered(((MqttClient.Publish)pending.Command!).Packet, outcome));
            return;
        }
        if (pending.Span is { } span)
            ClientSpans.End(span, outcome);
        if (outcome.Correlation is OwnCommand own)
        {
            own.Ended(outcome);
            return;
        }
        Commands--;
        if (outcome.Correlation is Call call)
            call.Complete(outcome); // of a task: its continuation runs on the thread pool
        else
            pending.Sender.Tell(outcome, _self);
    }

    private void TellGathered()
    {
        if (_messages is not { Count: > 0 })
            return;
        foreach (var message in _messages)
            _told += QueuedMessage.SizeOf(message);
        Tell(new MqttClient.Received(MqttList.Wrap(_messages.ToArray()), _firstNumber, _numbered));
        _messages.Clear();
        _numbered = 0;
    }

    /// <summary>The output that waits for a commit of the queue, and the output of the next commit.</summary>
    private sealed class QueueStages(QueueWriter writer)
    {
        public QueueWriter Writer { get; } = writer;

        public OutputBatch Committing { get; } = new();

        public OutputBatch Ready { get; } = new();
    }

    /// <summary>The acknowledgement of a batch; one object a connection.</summary>
    internal sealed class Written : INoSerializationVerificationNeeded;
}
