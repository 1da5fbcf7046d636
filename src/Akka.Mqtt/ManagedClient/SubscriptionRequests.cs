using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The subscriptions of a client, and its SUBSCRIBE and UNSUBSCRIBE packets until they are answered. They may be sent again on the next connection, because
/// repeating them does no harm. Their packet identifiers are above those of messages.
/// </summary>
internal sealed class SubscriptionRequests
{
    /// <summary>The first identifier of requests; messages have those below.</summary>
    public const ushort FirstId = 0xFF00;

    private const int FiltersPerPacket = 100;

    private readonly Dictionary<string, Kept> _subscriptions = new(StringComparer.Ordinal);
    private readonly LinkedList<Request> _waiting = new();
    private readonly List<Request> _open = []; // sent, in order
    private readonly IClientOutput _output;
    private ushort _lastId = ushort.MaxValue;

    public SubscriptionRequests(IClientOutput output) => _output = output;

    /// <summary>Requests that are not answered, sent or not.</summary>
    public int Count => _waiting.Count + _open.Count;

    /// <summary>Adds a request; <see cref="Send"/> sends it.</summary>
    public void Add(in Pending pending) => _waiting.AddLast(pending.Command is MqttClient.Subscribe subscribe
        ? new Request { Pending = pending, Subscriptions = subscribe.Subscriptions, Properties = subscribe.Properties }
        : new Request { Pending = pending, Filters = ((MqttClient.Unsubscribe)pending.Command!).Filters });

    /// <summary>A connection begins.</summary>
    /// <param name="sessionPresent">Whether the server knows the subscriptions.</param>
    public void BeginConnection(bool sessionPresent)
    {
        for (var at = _open.Count - 1; at >= 0; at--)
            _waiting.AddFirst(_open[at]);
        _open.Clear();
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Pending.Command is null) // made for an earlier connection
                _waiting.Remove(node);
            node = next;
        }
        if (sessionPresent)
            return;
        foreach (var group in _subscriptions.Values.GroupBy(kept => kept.Properties).Reverse())
        {
            foreach (var chunk in group.Select(kept => kept.Subscription).Chunk(FiltersPerPacket).Reverse())
                _waiting.AddFirst(new Request { Subscriptions = MqttList.Create<Subscription>(chunk), Properties = group.Key });
        }
    }

    /// <summary>Sends the waiting requests.</summary>
    /// <param name="measure">Returns the problem of a packet, or null.</param>
    public void Send(Func<MqttPacket, PacketProblem?> measure)
    {
        while (_waiting.First is { } node && TryTakeId(out var id))
        {
            _waiting.RemoveFirst();
            var request = node.Value;
            request.Id = id;
            var packet = request.ToPacket();
            if (measure(packet) is var (reason, code, message))
            {
                if (request.Pending.Command is { } command)
                    _output.Complete(request.Pending, new MqttClient.Refused(command.Correlation, reason, message) { ReasonCode = code });
                else
                    Lost(request, [.. request.Subscriptions.Select(_ => code)]);
                continue;
            }
            _open.Add(request);
            _output.Send(packet);
        }
    }

    /// <summary>A SUBACK arrived.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Receive(SubAck answer)
    {
        if (!TryClose(answer.PacketId, filters: false, out var request))
            return "a SUBACK without a SUBSCRIBE";
        if (answer.ReasonCodes.Count != request.Subscriptions.Count)
            return "a SUBACK whose number of reason codes differs from the number of filters of the SUBSCRIBE"; // [MQTT-3.8.4-6 v5]
        var granted = false;
        for (var at = 0; at < answer.ReasonCodes.Count; at++)
        {
            var subscription = request.Subscriptions[at];
            if (answer.ReasonCodes[at].IsFailure())
                continue;
            granted = true;
            _subscriptions[subscription.Filter] = new Kept(subscription, request.Properties);
        }
        if (request.Pending.Command is not { } command)
        {
            Lost(request, answer.ReasonCodes);
            return null;
        }
        var first = answer.ReasonCodes[0];
        _output.Complete(request.Pending, granted
            ? new MqttClient.Acked(command.Correlation, first) { ReasonCodes = answer.ReasonCodes }
            : new MqttClient.Refused(command.Correlation, MqttClientRefusal.ByServer, $"The server refused the subscription: {first}.")
            {
                ReasonCode = first, ReasonCodes = answer.ReasonCodes,
            });
        return null;
    }

    /// <summary>An UNSUBACK arrived.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Receive(UnsubAck answer)
    {
        if (!TryClose(answer.PacketId, filters: true, out var request))
            return "an UNSUBACK without an UNSUBSCRIBE";
        foreach (var filter in request.Filters)
            _subscriptions.Remove(filter);
        if (request.Pending.Command is not { } command)
            return null; // it waited too long, and already has its outcome
        _output.Complete(
            request.Pending,
            new MqttClient.Acked(command.Correlation, answer.ReasonCodes.IsEmpty ? ReasonCode.Success : answer.ReasonCodes[0])
            {
                ReasonCodes = answer.ReasonCodes,
            });
        return null;
    }

    /// <summary>Ends requests that have waited too long with an outcome. The answer to a sent request may still arrive.</summary>
    /// <param name="takenBefore">Those that the client took before that time have waited too long.</param>
    /// <param name="cause">Why.</param>
    public void EndLate(long takenBefore, MqttClient.Cause cause)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Pending is { Command: { } command } pending && pending.TakenAt < takenBefore)
            {
                _waiting.Remove(node);
                _output.Complete(pending, node.Value.Id == 0 ? new MqttClient.Failed(command.Correlation, cause) : new MqttClient.Unknown(command.Correlation));
            }
            node = next;
        }
        foreach (var request in _open)
        {
            if (request.Pending is not { Command: { } command } pending || pending.TakenAt >= takenBefore)
                continue;
            request.Pending = default;
            _output.Complete(pending, new MqttClient.Unknown(command.Correlation));
        }
    }

    /// <summary>The client stops.</summary>
    /// <param name="cause">Why.</param>
    public void Stop(MqttClient.Cause cause)
    {
        foreach (var request in _open.Where(each => each.Pending.Command is not null))
            _output.Complete(request.Pending, new MqttClient.Unknown(request.Pending.Command!.Correlation));
        foreach (var request in _waiting.Where(each => each.Pending.Command is not null))
            _output.Complete(request.Pending, new MqttClient.Failed(request.Pending.Command!.Correlation, cause));
        _open.Clear();
        _waiting.Clear();
    }

    /// <summary>Reports subscriptions to the handler that the server had granted before and does not grant now.</summary>
    private void Lost(Request request, MqttList<ReasonCode> codes)
    {
        for (var at = 0; at < codes.Count; at++)
        {
            if (!codes[at].IsFailure())
                continue;
            var filter = request.Subscriptions[at].Filter;
            _subscriptions.Remove(filter);
            _output.Tell(new MqttClient.ResubscribeFailed(filter, codes[at]));
        }
    }

    private bool TryTakeId(out ushort id)
    {
        id = _lastId;
        for (var tries = 0; tries <= ushort.MaxValue - FirstId; tries++)
        {
            id = id == ushort.MaxValue ? FirstId : (ushort)(id + 1);
            var taken = id;
            if (_open.Exists(request => request.Id == taken))
                continue;
            _lastId = id;
            return true;
        }
        return false;
    }

    private bool TryClose(ushort id, bool filters, out Request request)
    {
        var at = _open.FindIndex(each => each.Id == id && each.Filters.IsEmpty != filters);
        request = at < 0 ? null! : _open[at];
        if (at >= 0)
            _open.RemoveAt(at);
        return at >= 0;
    }

    private readonly record struct Kept(Subscription Subscription, SubscribeProperties? Properties);

    private sealed class Request
    {
        public Pending Pending { get; set; }

        public MqttList<Subscription> Subscriptions { get; init; }

        public MqttList<string> Filters { get; init; }

        public SubscribeProperties? Properties { get; init; }

        public ushort Id { get; set; }

        public MqttPacket ToPacket() => Filters.IsEmpty
            ? new Subscribe { PacketId = Id, Subscriptions = Subscriptions, Properties = Properties }
            : new Unsubscribe { PacketId = Id, Filters = Filters };
    }
}
