using Akka.Event;
using Akka.IO;

namespace Akka.Mqtt;

internal sealed partial class ConnectionActor
{
    /// <summary>A deadline has passed.</summary>
    private enum PhaseTimeout
    {
        Register,
        Connect,
        KeepAlive,
        Close,
        Write,
    }

    /// <summary>The transport has taken a write.</summary>
    private sealed class WriteDone : Tcp.Event
    {
        public static readonly WriteDone Instance = new();
    }

    private sealed class TransportEnded : IDeadLetterSuppression
    {
        public static readonly TransportEnded Instance = new();
    }

    private sealed class HandlerEnded : IDeadLetterSuppression
    {
        public static readonly HandlerEnded Instance = new();
    }
}
