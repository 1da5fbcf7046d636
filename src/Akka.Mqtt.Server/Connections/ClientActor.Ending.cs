using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Connections;

/// <summary>The end of a connection: the session is free as soon as it begins, the actor goes when it is over.</summary>
internal sealed partial class ClientActor
{
    private bool _inboundEnded; // the client sends no more
    private bool _ended;
    private Mqtt.ConnectionClosed? _gone; // the connection, while the session was on its way

    /// <summary>
    /// Whatever it was that ended this actor, a failure too: connection and session do not watch it, they are told. Behind what they were told
    /// before, <see cref="Mqtt.Register"/> and <see cref="SessionProtocol.Open"/> among it.
    /// </summary>
    protected override void PostStop()
    {
        _connection.Tell(HandlerEnded.Instance);
        if (_awaitsSession)
            _registry.Tell(new SessionProtocol.Abandoned(_clientId, Self));
        else
            Release(keepWill: true, null);
        _throttle?.Cancel();
        _authenticationTimer?.Cancel();
        CancelAuthentication();
    }

    /// <summary>The session is another connection's, or wants this one to end.</summary>
    private void Detach(ReasonCode reason)
    {
        Refuse(reason);
        Release(keepWill: true, null);
    }

    /// <summary>
    /// A client that sends no more may read still: it gets its CONNACK and the answers to what it has sent, those of the session too, before
    /// the connection closes; what it sent too fast comes in its time. The connection waits no longer than <c>close-timeout</c> for that.
    /// </summary>
    private void FinishInbound()
    {
        if (!_inboundEnded)
            return;
        var waits = _phase switch
        {
            Phase.Authenticating => Method is null, // it will not send another AUTH
            Phase.Opening or Phase.Closing => true,
            Phase.Serving => _awaitedRoutes > 0 || _held is not null,
            _ => false,
        };
        if (waits)
            return;
        if (_phase == Phase.Serving)
            _session.Tell(new Identify(InboundAnswered.Instance)); // what it says comes first
        else
            _connection.Tell(Mqtt.Close.Instance);
    }

    /// <summary>
    /// The connection is ending, or has ended. What depends on that, a will above all, does not wait for the peer to close too
    /// [MQTT-3.1.2-8].
    /// </summary>
    private void End(Mqtt.ConnectionClosed closed)
    {
        if (_ended)
        {
            AddCounts();
            return;
        }
        _ended = true;
        if (_phase != Phase.Closing && closed is Mqtt.ErrorClosed { Reason: not (CloseReason.TransportError or CloseReason.KeepAliveTimeout) } error)
            CountRefusal(error.ReasonCode ?? ReasonCode.UnspecifiedError); // the connection has logged it
        TakeHeld();
        Release(KeepsWill(out var expiry), expiry);
        TellEnd(closed);
        _phase = Phase.Closing;
        CancelAuthentication();
    }

    /// <summary>
    /// The connection is gone, but the session is being opened for it: what the client sent behind its CONNECT counts all the same, above all
    /// a DISCONNECT, which takes the will away [MQTT-3.14.4-3].
    /// </summary>
    private void Outlive(Mqtt.ConnectionClosed closed)
    {
        _gone = closed;
        Context.SetReceiveTimeout(_context.Settings.Connection.CloseTimeout); // for a session that fails before it answers
    }

    private void Release(bool keepWill, uint? expiry)
    {
        if (_released || _session.IsNobody())
            return;
        _released = true;
        _inbound = null; // the session's again
        _session.Tell(new SessionProtocol.Released(_epoch, keepWill, expiry));
    }

    private sealed class InboundAnswered : INoSerializationVerificationNeeded
    {
        public static readonly InboundAnswered Instance = new();
    }
}
