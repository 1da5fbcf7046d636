using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// One life of a session (section 4.1), from the first connection until it expires or is ended: who owns it, subscriptions, messages both ways, will,
/// expiry. Plain code: no actor, no IO, no clock; commands in, packets out by <see cref="IOutlet"/>, events out by <see cref="ISessionRecorder"/>.
/// Times are milliseconds since the Unix epoch. Owned by one thread at a time.
/// </summary>
/// <remarks>
/// A command that changes more than one thing is followed by <see cref="Commit"/>, or by a call of <see cref="Outgoing"/> that ends with the same:
/// it hands the events over.
/// </remarks>
internal sealed class SessionCore
{
    // The objects of a session, its entries in tables by key, and the actor that may run it.
    private const long FixedSize = 4 * 1024;

    private readonly SessionRecord? _record;
    private readonly ISessionMemory? _memory;
    private readonly InboundWindow _inbound = new();
    private long _fixedBytes;
    private long _disconnectedAt;
    private Will? _will;

    /// <summary>Begins a session.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="owner">The user name that makes it; null for an anonymous client.</param>
    /// <param name="limits">Its bounds.</param>
    /// <param name="now">The time now.</param>
    /// <param name="recorder">Takes its events; null when nobody wants any.</param>
    /// <param name="memory">The memory that all sessions share; null for no bound.</param>
    public SessionCore(
        SessionKey key, string? owner, SessionLimits limits, long now, ISessionRecorder? recorder = null, ISessionMemory? memory = null)
        : this(key, owner, limits, recorder, memory) => _record?.Add(new SessionEvent.SessionStarted(key, owner, now));

    private SessionCore(SessionKey key, string? owner, SessionLimits limits, ISessionRecorder? recorder, ISessionMemory? memory)
    {
        (Key, Owner, _memory) = (key, owner, memory);
        _record = recorder is null ? null : new SessionRecord(recorder);
        Outgoing = new OutgoingMessages(limits, _record, memory);
        Subscriptions = new SessionSubscriptions(_record, memory);
        CountFixed();
    }

    /// <summary>Which session.</summary>
    public SessionKey Key { get; }

    /// <summary>The user name that made it; null for an anonymous client.</summary>
    public string? Owner { get; }

    /// <summary>The epoch of its last connection.</summary>
    public long Epoch { get; private set; }

    /// <summary>Whether a connection holds it.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The Session Expiry Interval in seconds; <see cref="uint.MaxValue"/> never.</summary>
    public uint Expiry { get; private set; }

    /// <summary>Whether a will waits to be published.</summary>
    public bool HasWill => _will is not null;

    /// <summary>Messages to the client.</summary>
    public OutgoingMessages Outgoing { get; }

    /// <summary>The subscriptions.</summary>
    public SessionSubscriptions Subscriptions { get; }

    /// <summary>QoS 2 messages of the client that it has not released.</summary>
    public int UnreleasedCount => _inbound.Count;

    /// <summary>Bytes of the session but for messages and subscriptions: its fixed cost, will and QoS 2 receive set.</summary>
    public long FixedBytes => FixedSize + (_inbound.Count * 32L) + (_will is null ? 0 : SizeOf(_will));

    /// <summary>When the will or the expiry is due next; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue => Math.Min(_will is null || IsConnected ? long.MaxValue : WillDueAt, IsConnected ? long.MaxValue : ExpiresAt);

    private long ExpiresAt => Expiry == uint.MaxValue ? long.MaxValue : _disconnectedAt + (Expiry * 1000L); // [MQTT-3.1.2-23 v5]

    private long WillDueAt => _disconnectedAt + ((_will!.Properties?.WillDelayInterval ?? 0) * 1000L);

    /// <summary>Continues a session that a store kept.</summary>
    /// <param name="snapshot">Its state. A connection that held it is lost: from now on will delay and expiry count.</param>
    /// <param name="limits">Its bounds.</param>
    /// <param name="now">The time now.</param>
    /// <param name="recorder">Takes its events from here on.</param>
    /// <param name="memory">The memory that all sessions share.</param>
    /// <returns>The session.</returns>
    public static SessionCore Restore(
        SessionSnapshot snapshot, SessionLimits limits, long now, ISessionRecorder? recorder = null, ISessionMemory? memory = null)
    {
        var core = new SessionCore(snapshot.Key, snapshot.Owner, limits, recorder, memory)
        {
            Epoch = snapshot.Epoch,
            Expiry = snapshot.Expiry,
            IsOver = snapshot.IsOver,
            _will = snapshot.Will,
            _disconnectedAt = snapshot.ChangedAt,
        };
        core._inbound.Restore(snapshot.Received);
        core.Subscriptions.Restore(snapshot.Subscriptions.Values);
        core.Outgoing.Restore(snapshot);
        if (snapshot.IsConnected)
            core.Disconnect(keepWill: true, null, now);
        core.CountFixed();
        return core;
    }

    /// <summary>Whether a user may have the session: it belongs to the one that made it. Others are refused with 0x85.</summary>
    /// <param name="user">The verified user name; null for an anonymous client.</param>
    /// <returns>Whether it is the owner.</returns>
    public bool BelongsTo(string? user) => user == Owner;

    /// <summary>
    /// A connection takes the session; the one before must have been ended with <see cref="Disconnect"/>. Send CONNACK, then call
    /// <see cref="OutgoingMessages.Pump"/>.
    /// </summary>
    /// <param name="epoch">The epoch that the directory gave.</param>
    /// <param name="outlet">The connection.</param>
    /// <param name="receiveMaximum">The client's Receive Maximum; 65,535 where it has none.</param>
    /// <param name="will">Its will, or null.</param>
    /// <param name="expiry">Its Session Expiry Interval, bounded by the server's; 0 in 3.x with clean session, else never.</param>
    /// <param name="now">The time now.</param>
    public void Connect(long epoch, IOutlet outlet, int receiveMaximum, Will? will, uint expiry, long now)
    {
        Epoch = epoch;
        IsConnected = true;
        Expiry = expiry;
        _record?.Add(new SessionEvent.Connected(epoch, expiry, now));
        SetWill(will is null ? null : Compact(will)); // [MQTT-3.1.2-7 v5]; a will that waited for its delay is cancelled [MQTT-3.1.3-9 v5]
        _inbound.BeginConnection();
        Outgoing.BeginConnection(outlet, receiveMaximum);
        _disconnectedAt = now; // for a process that ends before the connection does
        CountFixed();
    }

    /// <summary>
    /// The connection has ended, in whatever way. Then publish the will if it is due, hand over shared messages, and end the session when it
    /// has expired: see <see cref="TakeDueWill"/>, <see cref="HasExpired"/>.
    /// </summary>
    /// <param name="keepWill">Whether the will is to be published: not after a normal DISCONNECT [MQTT-3.14.4-3].</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null. U-3.14.2.2.2-1 v5: the caller has refused a new one after zero.</param>
    /// <param name="now">The time now.</param>
    public void Disconnect(bool keepWill, uint? expiry, long now)
    {
        IsConnected = false;
        Expiry = expiry ?? Expiry;
        _disconnectedAt = now;
        Outgoing.EndConnection();
        _record?.Add(new SessionEvent.Disconnected(Expiry, now));
        if (!keepWill)
            SetWill(null); // [MQTT-3.1.2-10]
        CountFixed();
    }

    /// <summary>The will, if nobody is connected and its delay is over [MQTT-3.1.2-8]; it is then the caller's to publish, once [MQTT-3.1.2-10].</summary>
    /// <param name="now">The time now.</param>
    /// <returns>The will, or null.</returns>
    public Will? TakeDueWill(long now)
    {
        if (_will is not { } will || IsConnected || WillDueAt > now)
            return null;
        SetWill(null);
        CountFixed();
        return will;
    }

    /// <summary>
    /// The will of a connected client that is due as soon as its connection ends: the server is about to end it. It is then the caller's to publish, once.
    /// </summary>
    /// <returns>The will, or null.</returns>
    public Will? TakeWillBeforeEnd()
    {
        if (_will is not { } will || !IsConnected || (will.Properties?.WillDelayInterval > 0 && Expiry > 0))
            return null;
        SetWill(null);
        CountFixed();
        return will;
    }

    /// <summary>Whether nobody is connected and the Session Expiry Interval is over [MQTT-4.1.0-2 v5] [MQTT-3.1.2-6 v3.1.1]: then call <see cref="End"/>.</summary>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it is over.</returns>
    public bool HasExpired(long now) => !IsConnected && !IsOver && ExpiresAt <= now;

    /// <summary>
    /// Ends the session. Hand over shared messages before. Its routes are the caller's to remove, with <see cref="Subscriptions"/> read before.
    /// </summary>
    /// <returns>The will, which is due now at the latest; or null.</returns>
    public Will? End()
    {
        if (IsOver)
            return null;
        var will = _will;
        _will = null;
        (IsOver, IsConnected) = (true, false);
        Outgoing.Clear();
        Subscriptions.Clear();
        _memory?.Take(SessionMemory.Session, -_fixedBytes);
        _fixedBytes = 0;
        _record?.Add(new SessionEvent.Ended());
        return will;
    }

    /// <summary>The session goes on elsewhere: its memory is returned, nothing is recorded. The object must not be used any more.</summary>
    public void Forget()
    {
        IsOver = true;
        Outgoing.Forget();
        Subscriptions.Clear();
        _memory?.Take(SessionMemory.Session, -_fixedBytes);
        _fixedBytes = 0;
    }

    /// <summary>A QoS 2 PUBLISH came from the client.</summary>
    /// <param name="packetId">Its identifier.</param>
    /// <param name="receiveMaximum">The Receive Maximum that the server announced; 65,535 where the version has none.</param>
    /// <returns>What to do with it.</returns>
    public InboundResult Receive(ushort packetId, int receiveMaximum)
    {
        var result = _inbound.Receive(packetId, receiveMaximum);
        if (result == InboundResult.New)
            _record?.Received(packetId);
        return result;
    }

    /// <summary>A PUBREL came, or a PUBREC with a failure is sent.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether it was known.</returns>
    public bool Release(ushort packetId)
    {
        var known = _inbound.Release(packetId);
        if (known)
            _record?.Released(packetId);
        return known;
    }

    /// <summary>Ends a batch of commands: counts bytes, hands events over.</summary>
    public void Commit()
    {
        CountFixed();
        _record?.Flush();
    }

    /// <summary>Messages that were dropped since the last call.</summary>
    /// <returns>Counts by reason.</returns>
    public SessionDrops TakeDrops() => Outgoing.TakeDrops();

    /// <summary>The state of the session, to be kept or compared.</summary>
    /// <returns>A copy.</returns>
    public SessionSnapshot Snapshot()
    {
        var snapshot = new SessionSnapshot
        {
            Key = Key,
            Owner = Owner,
            IsOver = IsOver,
            Epoch = Epoch,
            IsConnected = IsConnected,
            ChangedAt = _disconnectedAt,
            Expiry = Expiry,
            Will = _will,
            Received = [.. _inbound.Ids],
        };
        foreach (var subscription in Subscriptions.All)
            snapshot.Subscriptions[subscription.Options.Filter] = subscription;
        Outgoing.SaveTo(snapshot);
        return snapshot;
    }

    // The will is a part of the received chunk of CONNECT. Without a copy the whole chunk would be kept.
    private static Will Compact(Will will) =>
        will.Payload.IsEmpty || !MemoryMarshal.TryGetArray(will.Payload.Memory, out var segment) || segment.Array!.Length == will.Payload.Length
            ? will
            : will with { Payload = MqttBinary.FromBytes(will.Payload.Span) };

    private static long SizeOf(Will will) => 512 + (2L * will.Topic.Length) + will.Payload.Length;

    private void SetWill(Will? will)
    {
        if (ReferenceEquals(will, _will))
            return;
        _will = will;
        _record?.Add(will is null ? new SessionEvent.WillCleared() : new SessionEvent.WillSet(will));
    }

    private void CountFixed()
    {
        if (_memory is null || IsOver)
            return;
        var bytes = FixedBytes;
        if (bytes == _fixedBytes)
            return;
        _memory.Take(SessionMemory.Session, bytes - _fixedBytes);
        _fixedBytes = bytes;
    }
}
