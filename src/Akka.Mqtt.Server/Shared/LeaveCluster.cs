using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Server.Shared;

/// <summary>
/// Sent by the server to the actor that connects it with other nodes: no client is connected any more, and none will be, so the sessions
/// must move to the other nodes. The answer is <see cref="Left"/>.
/// </summary>
internal sealed class LeaveCluster : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly LeaveCluster Instance = new();

    /// <summary>This node has no session left that another node could take.</summary>
    internal sealed class Left : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Left Instance = new();
    }
}
