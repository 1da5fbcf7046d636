using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The receiving side of one connection, from the registration of its handler on. It reads chunks into the framing, suspends and resumes
/// reading, and stores the reports of the framing. The connection actor owns it and acts on these reports.
/// </summary>
internal sealed class InboundPackets : IFramingOwner
{
    private readonly TransportPort _port;
    private readonly ByteCounts _bytes;
    private readonly InboundDecoder _decoder;
    private readonly ConnectionFraming _framing;
    private readonly IActorRef _connection;
    private (IActorRef Sender, object Ack)? _replacing;
    private ToldEnd _toldEnd;
    private bool _suspended;
    private bool _hasNews;
    private bool _hasProgress;

    public InboundPackets(ConnectionStart start, ConnectionRules rules, TransportPort port, ByteCounts bytes, Mqtt.Register handler, IActorRef connection)
    {
        (_port, _bytes, _connection) = (port, bytes, connection);
        var settings = start.Settings;
        var limit = FrameLimit.Cap(handler, settings.MaxPacketSize);
        var connectLimit = start.Role == MqttRole.Server ? Math.Min(settings.MaxConnectPacketSize, limit) : limit;
        _decoder = new InboundDecoder(rules, start.Role, rules.Version, settings, connectLimit) { MaxPacketSize = limit };
        _framing = start.Framing.Start(this, _decoder, handler, settings, connection);
    }

    private enum ToldEnd
    {
        No,
        WithPacketsWaiting,
        Yes,
    }

    /// <summary>The current registration.</summary>
    public Mqtt.Register Handler => _framing.Handler;

    /// <summary>The error that ended decoding; null for none.</summary>
    public PacketError? Error { get; private set; }

    /// <summary>Whether a stage of the framing threw.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>The exception of that stage, if it is known.</summary>
    public Exception? CrashCause { get; private set; }

    /// <summary>Whether the peer has closed its half.</summary>
    public bool HasPeerClosed { get; private set; }

    /// <summary>Whether everything that the peer sent before it closed was delivered.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>Whether packets or bytes wait because the handler is behind.</summary>
    public bool IsPaused => _framing.IsPaused;

    /// <summary>The lock to hold while the connection actor handles a message; null for none.</summary>
    public object? Gate => _framing.Gate;

    /// <summary>The protocol version of a rejected CONNECT, if it could be read.</summary>
    public MqttVersion? RefusedVersion => _decoder.RefusedVersion;

    /// <summary>Sets the protocol version after the client side has sent CONNECT.</summary>
    public void SetVersion(MqttVersion? version) => _decoder.Version = version;

    /// <summary>Handles a message that announces input.</summary>
    public void Read(object message)
    {
        if (!_port.TryRead(message, out var chunk))
            return;
        _bytes.AddReceived(chunk.Length);
        _framing.Received(chunk);
        if (_framing.TrySuspend())
        {
            MqttMeters.ReadingSuspended();
            _suspended = true;
            _port.SuspendReading();
        }

        _port.ReadOn(chunk.Length, _suspended);
    }

    /// <summary>Handles the end of the transport, or of the peer's half. Everything received before is delivered first.</summary>
    public void Complete()
    {
        HasPeerClosed = true;
        _framing.Complete();
    }

    /// <summary>Handles Request, SuspendReading and ResumeReading of the handler.</summary>
    public void Control(Mqtt.Command command, IActorRef sender)
    {
        var pulls = Handler.Delivery == MqttDelivery.Pull;
        var problem = command switch
        {
            Mqtt.Request when !pulls => "Mqtt.Request is for handlers with pull delivery. This handler registered with another delivery.",
            Mqtt.Request { Count: < 1 } => "Mqtt.Request needs a count of at least 1.",
            Mqtt.SuspendReading or Mqtt.ResumeReading when pulls => "A handler with pull delivery stops reading by not asking for more.",
            _ => null,
        };
        if (problem is not null)
        {
            CommandFailures.Fail(sender, command, CommandFailure.NotSupported, problem);
            return;
        }

        _hasProgress = true;
        _framing.Control(command);
    }

    public void Confirmed(ActorIdentity identity) => _framing.Confirmed(identity);

    /// <summary>Handles a message of the framing to itself. Returns false for any other message.</summary>
    public bool TryResume(object message)
    {
        if (message is not FramingReport report)
            return _framing.TryResume(message);
        report.Apply(this);
        return true;
    }

    /// <summary>Replaces the handler. The <see cref="Mqtt.Register.Ack"/> is sent when all further packets go to the new handler.</summary>
    public void Register(Mqtt.Register register, IActorRef sender)
    {
        (_toldEnd, _hasProgress) = (ToldEnd.No, true);
        AcknowledgeReplacement(); // for a handler that is itself replaced now
        _replacing = register.Ack is { } ack ? (sender, ack) : null;
        _decoder.MaxPacketSize = FrameLimit.Cap(register, _framing.Settings.MaxPacketSize);
        _framing.Register(register);
        if (IsDrained || HasCrashed || Error is not null)
            AcknowledgeReplacement();
    }

    /// <summary>
    /// Notifies the handler that the peer has closed its half but may still read; the handler closes when it has sent its answers. A
    /// handler with pull delivery gets the event at once, and again after the last packet.
    /// </summary>
    public void TellInboundClosed()
    {
        var end = IsDrained ? ToldEnd.Yes
            : HasPeerClosed && Handler.Delivery == MqttDelivery.Pull ? ToldEnd.WithPacketsWaiting
            : ToldEnd.No;
        if (end <= _toldEnd)
            return;
        _toldEnd = end;
        Handler.Handler.Tell(new Mqtt.InboundClosed(PacketsWait: !IsDrained), _connection);
    }

    /// <summary>Whether packets were received since the last call.</summary>
    public bool TakeNews() => _hasNews && !(_hasNews = false);

    /// <summary>Whether the handler took or requested packets since the last call.</summary>
    public bool TakeProgress() => _hasProgress && !(_hasProgress = false);

    /// <summary>Stops delivering packets.</summary>
    public void Stop() => _framing.Stop();

    /// <summary>Decoded packets that a handler with pull delivery has not requested. Only valid when the framing has stopped.</summary>
    public MqttList<MqttPacket> Undelivered => _framing.Undelivered;

    void IFramingOwner.PacketsReceived() => (_hasNews, _hasProgress) = (true, true);

    void IFramingOwner.HandlerReplaced() => AcknowledgeReplacement();

    void IFramingOwner.InboundFailed(PacketError error)
    {
        Error ??= error;
        AcknowledgeReplacement();
    }

    void IFramingOwner.InboundCrashed(Exception? cause)
    {
        if (HasCrashed || IsDrained || Error is not null)
            return;
        (HasCrashed, CrashCause) = (true, cause);
        AcknowledgeReplacement();
    }

    void IFramingOwner.InboundDrained()
    {
        IsDrained = true;
        AcknowledgeReplacement();
    }

    void IFramingOwner.ResumeReading()
    {
        _suspended = false;
        _port.ResumeReading();
    }

    private void AcknowledgeReplacement()
    {
        if (_replacing is not { } replacing)
            return;
        _replacing = null;
        replacing.Sender.Tell(replacing.Ack, _connection);
    }
}
