using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// What leaves the client actor. Packets leave in batches: while one is being written, the next one gathers. Messages for the handler are
/// gathered for a received chunk.
/// </summary>
internal sealed class ClientOutput : IClientOutput
{
    private const int FullCount = 1000;
    private const int FullBytes = 256 * 1024;
    private const int SmallPacket = 32; // bytes that a packet other than PUBLISH is counted with

    // A server that sends and does not read makes us gather answers. So many packets are far more than one that reads can need.
    private const int OverrunCount = 200_000;

    private readonly IActorRef _self;
    private readonly IActorRef _handler;
    private readonly List<MqttPacket> _packets = [];
    private readonly List<Publish> _messages = [];
    private List<Pending> _unconfirmed = []; // QoS 0 in _packets
    private List<Pending> _writing = []; // QoS 0 in the batch that is being written
    private IActorRef? _connection;
    private Written? _written; // of the current connection
    private bool _isWriting;
    private int _bytes;
    private long _firstNumber;
    private int _numbered;
    private int _told; // bytes of messages that this chunk has told already

    public ClientOutput(IActorRef self, IActorRef handler)
    {
        _self = self;
        _handler = handler;
    }

    /// <summary>Commands that have no outcome yet.</summary>
    public int Commands { get; private set; }

    /// <summary>Whether something was sent since this was set to false.</summary>
    public bool HasSent { get; set; }

    /// <summary>Whether the server makes us gather more answers than it can need.</summary>
    public bool IsOverrun => _packets.Count > OverrunCount;

    public bool IsFull => _packets.Count >= FullCount || _bytes >= FullBytes;

    /// <summary>A command was taken.</summary>
    public void Begin() => Commands++;

    public void BeginConnection(IActorRef connection)
    {
        _connection = connection;
        _written = new Written();
        _isWriting = false;
    }

    /// <summary>The connection has ended: what was not written is not sent.</summary>
    /// <param name="cause">Why.</param>
    public void EndConnection(MqttClient.Cause cause)
    {
        _connection = null;
        _written = null;
        _packets.Clear();
        _bytes = 0;
        foreach (var pending in _writing)
            Complete(pending, new MqttClient.Unknown(pending.Command!.Correlation));
        foreach (var pending in _unconfirmed)
            Complete(pending, new MqttClient.Failed(pending.Command!.Correlation, cause));
        _writing.Clear();
        _unconfirmed.Clear();
    }

    public void Send(MqttPacket packet)
    {
        _packets.Add(packet);
        _bytes += packet is Publish publish ? QueuedMessage.SizeOf(publish) : SmallPacket;
    }

    public void SendUnconfirmed(Publish packet, in Pending pending)
    {
        Send(packet);
        _unconfirmed.Add(pending);
    }

    public void Complete(in Pending pending, MqttClient.Outcome outcome)
    {
        Commands--;
        pending.Sender.Tell(outcome, _self);
    }

    public void Deliver(Publish message, long number)
    {
        if (number >= 0)
        {
            if (_numbered > 0 && number != _firstNumber + _numbered)
                TellGathered(); // a repeat that is not delivered lies between: an event acknowledges numbers in a row
            if (_numbered++ == 0)
                _firstNumber = number;
        }
        _messages.Add(message);
    }

    public void Tell(MqttClient.Event change) => _handler.Tell(change, _self);

    /// <summary>Tells the handler the messages of a chunk.</summary>
    /// <returns>Their bytes.</returns>
    public int TellMessages()
    {
        TellGathered();
        var bytes = _told;
        _told = 0;
        return bytes;
    }

    /// <summary>Writes what has gathered, unless a batch is being written.</summary>
    public void Flush()
    {
        if (_isWriting || _packets.Count == 0 || _connection is null)
            return;
        HasSent = true;
        _isWriting = true;
        _connection.Tell(new Mqtt.WriteBatch(MqttList.Adopt(_packets.ToArray()), _written), _self);
        _packets.Clear();
        _bytes = 0;
        (_writing, _unconfirmed) = (_unconfirmed, _writing);
    }

    /// <summary>A batch was handed to the transport.</summary>
    /// <param name="written">The acknowledgement.</param>
    /// <returns>Whether it is of this connection.</returns>
    public bool TryEndWrite(Written written)
    {
        if (!ReferenceEquals(written, _written))
            return false;
        _isWriting = false;
        foreach (var pending in _writing)
            Complete(pending, new MqttClient.Sent(pending.Command!.Correlation));
        _writing.Clear();
        return true;
    }

    private void TellGathered()
    {
        if (_messages.Count == 0)
            return;
        foreach (var message in _messages)
            _told += QueuedMessage.SizeOf(message);
        Tell(new MqttClient.Received(MqttList.Adopt(_messages.ToArray()), _firstNumber, _numbered));
        _messages.Clear();
        _numbered = 0;
    }

    /// <summary>The acknowledgement of a batch; one object a connection.</summary>
    internal sealed class Written : INoSerializationVerificationNeeded;
}
