using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The state of one session (section 4.1) from its first connection until it expires or is ended: owner, subscriptions, messages in both
/// directions, will, expiry. Plain code without actor, IO and clock. It sends packets through <see cref="IOutlet"/> and reports events to
/// <see cref="ISessionRecorder"/>. Times are milliseconds since the Unix epoch. Owned by one thread at a time.
/// </summary>
/// <remarks>
/// After a command that changes more than one thing, call <see cref="Commit"/> or a method of <see cref="Outgoing"/> that ends with it. It
/// reports the events.
/// </remarks>
internal sealed class SessionCore
{
    // Bytes for the objects of a session, its entries in tables by key, and its actor.
    private const long FixedSize = 4 * 1024;

    private readonly SessionRecord? _record;
    private readonly ISessionMemory? _memory;
    private readonly InboundWindow _inbound = new();
    private long _fixedBytes;
    private long _disconnectedAt;
    private Will? _will;

    /// <summary>Starts a new session.</summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="owner">The user name of its first client; null for an anonymous client.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="now">The time now.</param>
    /// <param name="recorder">Receives its events; null for none.</param>
    /// <param name="memory">The memory that all sessions share; null for no limit.</param>
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

    /// <summary>The key of the session.</summary>
    public SessionKey Key { get; }

    /// <summary>The user name of the client that created it; null for an anonymous client.</summary>
    public string? Owner { get; }

    /// <summary>The epoch of its last connection.</summary>
    public long Epoch { get; private set; }

    /// <summary>Whether a client is connected.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The Session Expiry Interval in seconds; with <see cref="uint.MaxValue"/> the session never expires.</summary>
    public uint Expiry { get; private set; }

    /// <summary>Whether a will waits to be published.</summary>
    public bool HasWill => _will is not null;

    /// <summary>Messages to the client.</summary>
    public OutgoingMessages Outgoing { get; }

    /// <summary>The subscriptions.</summary>
    public SessionSubscriptions Subscriptions { get; }

    /// <summary>QoS 2 messages of the client for which PUBREL has not arrived.</summary>
    public int UnreleasedCount => _inbound.Count;

    /// <summary>
    /// Bytes of the session without messages and subscriptions: its fixed size, its will and the set of received QoS 2 identifiers.
    /// </summary>
    public long FixedBytes => FixedSize + (_inbound.Count * 32L) + (_will is null ? 0 : SizeOf(_will));

    /// <summary>When the will or the expiry is due next; <see cref="long.MaxValue"/> for never.</summary>
    public long NextDue => Math.Min(_will is null || IsConnected ? long.MaxValue : WillDueAt, IsConnected ? long.MaxValue : ExpiresAt);

    private long ExpiresAt => Expiry == uint.MaxValue ? long.MaxValue : _disconnectedAt + (Expiry * 1000L); // [MQTT-3.1.2-23 v5]

    private long WillDueAt => _disconnectedAt + ((_will!.Properties?.WillDelayInterval ?? 0) * 1000L);

    /// <summary>Continues a session that a store has kept.</summary>
    /// <param name="snapshot">Its state. If a connection held it, that connection is lost: will delay and expiry count from now on.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="now">The time now.</param>
    /// <param name="recorder">Receives its events from here on.</param>
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

    /// <summary>Whether a user may use the session: only its owner may. The server refuses others with 0x85.</summary>
    /// <param name="user">The verified user name; null for an anonymous client.</param>
    /// <returns>Whether it is the owner.</returns>
    public bool BelongsTo(string? user) => user == Owner;

    /// <summary>
    /// Connects the session. End the previous connection with <see cref="Disconnect"/> before. Afterwards send CONNACK and call
    /// <see cref="OutgoingMessages.Pump"/>.
    /// </summary>
    /// <param name="epoch">The epoch that the directory assigned.</param>
    /// <param name="outlet">The connection.</param>
    /// <param name="receiveMaximum">The Receive Maximum of the client; 65,535 if it sent none.</param>
    /// <param name="will">The will of the client; null for none.</param>
    /// <param name="expiry">
    /// Its Session Expiry Interval, limited by the server. In 3.x: 0 with clean session, <see cref="uint.MaxValue"/> without.
    /// </param>
    /// <param name="now">The time now.</param>
    public void Connect(long epoch, IOutlet outlet, int receiveMaximum, Will? will, uint expiry, long now)
    {
        Epoch = epoch;
        IsConnected = true;
        Expiry = expiry;
        _record?.Add(new SessionEvent.Connected(epoch, expiry, now));
        SetWill(will is null ? null : Compact(will)); // [MQTT-3.1.2-7 v5]; a will that waits for its delay is cancelled [MQTT-3.1.3-9 v5]
        _inbound.BeginConnection();
        Outgoing.BeginConnection(outlet, receiveMaximum);
        _disconnectedAt = now; // used if the process ends before the connection
        CountFixed();
    }

    /// <summary>
    /// Notes that the connection has ended. Afterwards publish the will if it is due, give shared messages to other members, and end the
    /// session if it has expired: see <see cref="TakeDueWill"/>, <see cref="HasExpired"/>.
    /// </summary>
    /// <param name="keepWill">Whether the will is to be published: true unless the client sent a normal DISCONNECT [MQTT-3.14.4-3].</param>
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

    /// <summary>
    /// Returns the will if no client is connected and its delay is over [MQTT-3.1.2-8]. The caller must publish it; it is returned once
    /// [MQTT-3.1.2-10].
    /// </summary>
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
    /// Returns the will of a connected client when the server is about to end the session, which makes the will due at once. The caller
    /// must publish it; it is returned once.
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

    /// <summary>
    /// Whether no client is connected and the Session Expiry Interval is over [MQTT-4.1.0-2 v5] [MQTT-3.1.2-6 v3.1.1]. If so, call
    /// <see cref="End"/>.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <returns>Whether it is over.</returns>
    public bool HasExpired(long now) => !IsConnected && !IsOver && ExpiresAt <= now;

    /// <summary>
    /// Ends the session. Before this, give shared messages to other members and read <see cref="Subscriptions"/>: the caller removes their
    /// routes.
    /// </summary>
    /// <returns>The will, which is due now even if its delay is not over; null for none.</returns>
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

    /// <summary>
    /// Gives the session up because it continues elsewhere. Returns its memory and records nothing. The object must not be used
    /// afterwards.
    /// </summary>
    public void Forget()
    {
        IsOver = true;
        Outgoing.Forget();
        Subscriptions.Clear();
        _memory?.Take(SessionMemory.Session, -_fixedBytes);
        _fixedBytes = 0;
    }

    /// <summary>Handles a QoS 2 PUBLISH of the client.</summary>
    /// <param name="packetId">Its identifier.</param>
    /// <param name="receiveMaximum">The Receive Maximum that the server announced; 65,535 in versions without one.</param>
    /// <returns>What to do with it.</returns>
    public InboundResult Receive(ushort packetId, int receiveMaximum)
    {
        var result = _inbound.Receive(packetId, receiveMaximum);
        if (result == InboundResult.New)
            _record?.Received(packetId);
        return result;
    }

    /// <summary>Handles a PUBREL of the client, or a PUBREC with a failure that the server sends.</summary>
    /// <param name="packetId">The identifier.</param>
    /// <returns>Whether it was known.</returns>
    public bool Release(ushort packetId)
    {
        var known = _inbound.Release(packetId);
        if (known)
            _record?.Released(packetId);
        return known;
    }

    /// <summary>Ends a batch of commands: updates the counted bytes and reports the events.</summary>
    public void Commit()
    {
        CountFixed();
        _record?.Flush();
    }

    /// <summary>Messages that were dropped since the last call.</summary>
    /// <returns>Counts by reason.</returns>
    public SessionDrops TakeDrops() => Outgoing.TakeDrops();

    /// <summary>Copies the state of the session, to store or compare it.</summary>
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

    // The will refers to the received chunk of CONNECT. Without a copy the whole chunk would stay in memory.
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
