using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>The messages by which a transport reports that it has ended, and the close reason of each.</summary>
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

    /// <summary>An exception of a transport actor is a bug, and is logged as an error.</summary>
    public static void Log(object message, ConnectionStart start)
    {
        if (message is Failed failed)
            start.Framing.Log.Error(failed.Cause, "{0}: the transport actor failed", start.Link.Info);
    }

    /// <summary>Stops a transport actor that throws, and reports it to its connection.</summary>
    public static SupervisorStrategy Supervise(IActorRef connection) => new OneForOneStrategy(cause =>
    {
        connection.Tell(new Failed(cause));
        return Directive.Stop;
    });

    /// <summary>The transport actor threw: a bug of ours or of Akka.IO.</summary>
    internal sealed record Failed(Exception Cause) : IDeadLetterSuppression;
}
