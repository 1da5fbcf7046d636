using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>The messages by which a transport tells that it has ended, and the reason that each stands for.</summary>
internal static class TransportEnds
{
    public static bool TryRead(object message, out CloseReason reason, out string text)
    {
        (reason, text) = (CloseReason.TransportError, "The transport closed.");
        switch (message)
        {
            case Link.ErrorClosed closed:
                text = closed.Cause is { Length: > 0 } cause ? cause : "The transport failed.";
                return true;
            case Link.PeerClosed:
                (reason, text) = (CloseReason.PeerClosed, "The peer closed.");
                return true;
            case Link.ConnectionClosed:
                return true;
            case Link.CommandFailed failed:
                text = failed.Cause.Message;
                return true;
            case Failed:
                text = "The transport failed.";
                return true;
            default:
                return false;
        }
    }

    /// <summary>A transport actor that threw is a bug, which is logged as one.</summary>
    public static void Log(object message, ConnectionStart start)
    {
        if (message is Failed failed)
            start.Framing.Log.Error(failed.Cause, "{0}: the transport actor failed", start.Link.Info);
    }

    /// <summary>Stops a transport actor that fails, and tells its connection.</summary>
    public static SupervisorStrategy Supervise(IActorRef connection) => new OneForOneStrategy(cause =>
    {
        connection.Tell(new Failed(cause));
        return Directive.Stop;
    });

    /// <summary>Our bug, or Akka.IO's: the transport actor threw.</summary>
    internal sealed record Failed(Exception Cause) : IDeadLetterSuppression;
}
