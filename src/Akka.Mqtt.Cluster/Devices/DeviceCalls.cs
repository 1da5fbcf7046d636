using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// The calls of this node that wait for an answer. A call is carried out at most once. First it finds the node of the client: it asks all
/// nodes, unless the node is known from the last call for this client. Then that node receives the command. Not thread safe; owned by one
/// actor.
/// </summary>
/// <param name="nodes">The nodes.</param>
internal sealed class DeviceCalls(IDeviceNodes nodes)
{
    // The number of clients whose nodes are remembered. Above it all are forgotten.
    private const int MostKnown = 10_000;

    // While a session moves, neither node has it for a short time. Therefore a client is reported as unknown only after all nodes were
    // asked twice.
    private static readonly TimeSpan BeforeNextRound = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<long, Call> _calls = [];
    private readonly Dictionary<string, UniqueAddress> _known = new(StringComparer.Ordinal);
    private long _number;
    private long _bytes;

    /// <summary>The number of waiting calls.</summary>
    public int Count => _calls.Count;

    /// <summary>The bytes of their messages.</summary>
    public long Bytes => _bytes;

    /// <summary>Starts a call.</summary>
    /// <param name="command">The command.</param>
    /// <param name="replyTo">The actor that receives the answer.</param>
    public void Begin(MqttDevices.Command command, IActorRef replyTo)
    {
        var clientId = ClientOf(command);
        var packet = PacketOf(command);
        if (packet is not null && !TopicName.IsValid(packet.Topic))
        {
            replyTo.Tell(new MqttDevices.Refused(clientId, ReasonCode.TopicNameInvalid, $"\"{packet.Topic}\" is not a topic name."));
            return;
        }
        var size = (packet is null ? 0 : PacketForm.Capacity(packet)) + (2 * clientId.Length);
        if (_calls.Count >= nodes.Settings.MaxDeviceCalls || _bytes + size > nodes.Settings.MaxQueuedBytes)
        {
            replyTo.Tell(new MqttDevices.Refused(
                clientId, ReasonCode.QuotaExceeded, $"{_calls.Count} calls wait for devices: more than max-device-calls, or max-queued-bytes, allow."));
            return;
        }
        var call = new Call(++_number, command, clientId, size, replyTo);
        _calls.Add(call.Number, call);
        _bytes += size;
        var time = nodes.Settings.DeviceTimeout;
        nodes.After(command is MqttDevices.Request request ? request.Timeout + time : time, new Expired(call.Number));
        if (command is MqttDevices.GetClients)
        {
            AskAll(call, new DeviceCall(nodes.Self, call.Number, command));
            Finish(call);
        }
        else if (_known.TryGetValue(clientId, out var node) && nodes.Others.Contains((node, true)))
        {
            call.IsRemembered = true;
            Execute(call, node);
        }
        else
        {
            Seek(call.Number);
        }
    }

    /// <summary>Asks all nodes for the client.</summary>
    public void Seek(long number)
    {
        if (!_calls.TryGetValue(number, out var call))
            return;
        call.Rounds++;
        (call.Away, call.IsMoving) = (null, false);
        AskAll(call, new DeviceSought(nodes.Self, number, call.ClientId));
        Finish(call);
    }

    /// <summary>Handles the answer of a node: what it has of the client.</summary>
    public void Found(UniqueAddress from, long number, DevicePresence presence)
    {
        if (!_calls.TryGetValue(number, out var call) || !call.Asked.Remove(from))
            return;
        switch (presence)
        {
            case DevicePresence.Connected:
                Execute(call, from);
                return;
            case DevicePresence.Away:
                call.Away = from;
                break;
            case DevicePresence.Moving:
                call.IsMoving = true;
                break;
        }
        Finish(call);
    }

    /// <summary>Handles the result of a node that carried out a command, or could not.</summary>
    public void End(UniqueAddress from, long number, MqttDevices.Answer answer)
    {
        if (!_calls.TryGetValue(number, out var call))
            return;
        if (answer is MqttDevices.ClientPage page)
        {
            if (!call.Asked.Remove(from))
                return;
            call.Pages.Add(page);
            Finish(call);
            return;
        }
        if (call.Node?.Equals(from) != true)
            return;
        var isThere = answer is not (MqttDevices.Unknown or MqttDevices.NotConnected);
        if (!isThere && call.IsRemembered)
        {
            _known.Remove(call.ClientId);
            (call.IsRemembered, call.Node) = (false, null);
            Seek(number);
            return;
        }
        if (isThere && !from.Equals(nodes.Self))
        {
            if (_known.Count >= MostKnown)
                _known.Clear();
            _known[call.ClientId] = from;
        }
        Answer(call, answer);
    }

    /// <summary>A node cannot be reached, or is no longer a member.</summary>
    public void Lost(UniqueAddress node)
    {
        foreach (var call in _calls.Values.ToList())
        {
            if (node.Equals(call.Node))
            {
                _known.Remove(call.ClientId);
                Answer(call, new MqttDevices.Unreachable(call.ClientId));
            }
            else if (call.Asked.Remove(node))
            {
                call.Missing.Add(node.Address);
                Finish(call);
            }
        }
    }

    /// <summary>The time of a call may be over.</summary>
    public void Expire(long number)
    {
        if (!_calls.TryGetValue(number, out var call))
            return;
        _known.Remove(call.ClientId);
        if (call.Command is MqttDevices.GetClients)
        {
            call.Missing.AddRange(call.Asked.Select(static each => each.Address));
            call.Asked.Clear();
            Finish(call);
            return;
        }
        Answer(call, new MqttDevices.Unreachable(call.ClientId));
    }

    private static string ClientOf(MqttDevices.Command command) => command switch
    {
        MqttDevices.Send send => send.ClientId,
        MqttDevices.Request request => request.ClientId,
        MqttDevices.Disconnect disconnect => disconnect.ClientId,
        _ => "",
    };

    private static Publish? PacketOf(MqttDevices.Command command) => command switch
    {
        MqttDevices.Send send => send.Packet,
        MqttDevices.Request request => request.Packet,
        _ => null,
    };

    private void AskAll(Call call, DeviceMessage question)
    {
        call.Missing.Clear();
        call.Asked.Clear();
        foreach (var (node, isReachable) in nodes.Others)
        {
            if (isReachable)
                call.Asked.Add(node);
            else
                call.Missing.Add(node.Address);
        }
        if (nodes.HasServer)
            call.Asked.Add(nodes.Self);
        foreach (var node in call.Asked)
            nodes.Send(node, question);
    }

    /// <summary>
    /// Completes the call when all nodes have answered and the client is not connected to any, or when all have sent their lists.
    /// </summary>
    private void Finish(Call call)
    {
        if (call.Asked.Count > 0 || call.Node is not null)
            return;
        if (call.Command is MqttDevices.GetClients get)
            Answer(call, ClientPages.Join(call.Pages, get.Limit, call.Missing));
        else if (call.Away is { } away && call.Command is MqttDevices.Disconnect { EndSession: true })
            Execute(call, away);
        else if (call.Away is not null)
            Answer(call, new MqttDevices.NotConnected(call.ClientId));
        else if (call.IsMoving || call.Rounds == 1)
            nodes.After(BeforeNextRound, new SeekAgain(call.Number));
        else if (call.Missing.Count > 0)
            Answer(call, new MqttDevices.Unreachable(call.ClientId));
        else
            Answer(call, new MqttDevices.Unknown(call.ClientId));
    }

    private void Execute(Call call, UniqueAddress node)
    {
        var most = nodes.Settings.FrameSize;
        if (call.Size > most && !node.Equals(nodes.Self))
        {
            Answer(call, new MqttDevices.Refused(call.ClientId, ReasonCode.PacketTooLarge, string.Create(
                CultureInfo.InvariantCulture, $"The message has {call.Size} bytes, and to a client on another node at most frame-size = {most} may go.")));
            return;
        }
        call.Node = node;
        call.Asked.Clear();
        nodes.Send(node, new DeviceCall(nodes.Self, call.Number, call.Command));
    }

    private void Answer(Call call, MqttDevices.Answer answer)
    {
        _calls.Remove(call.Number);
        _bytes -= call.Size;
        nodes.Forget(new Expired(call.Number));
        call.ReplyTo.Tell(answer);
    }

    /// <summary>The time of a call may be over.</summary>
    internal sealed record Expired(long Call) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Asks all nodes again.</summary>
    internal sealed record SeekAgain(long Call) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Call(long number, MqttDevices.Command command, string clientId, int size, IActorRef replyTo)
    {
        public long Number { get; } = number;

        public MqttDevices.Command Command { get; } = command;

        public string ClientId { get; } = clientId;

        public int Size { get; } = size;

        public IActorRef ReplyTo { get; } = replyTo;

        /// <summary>Nodes that have not answered yet.</summary>
        public HashSet<UniqueAddress> Asked { get; } = [];

        /// <summary>Nodes that could not be asked.</summary>
        public List<Address> Missing { get; } = [];

        /// <summary>Lists that were received.</summary>
        public List<MqttDevices.ClientPage> Pages { get; } = [];

        /// <summary>How many times all nodes were asked.</summary>
        public int Rounds { get; set; }

        /// <summary>The node that has the session while its client is not connected.</summary>
        public UniqueAddress? Away { get; set; }

        /// <summary>Whether the session is being moved.</summary>
        public bool IsMoving { get; set; }

        /// <summary>The node that received the command.</summary>
        public UniqueAddress? Node { get; set; }

        /// <summary>Whether the node is known from an earlier call.</summary>
        public bool IsRemembered { get; set; }
    }
}
