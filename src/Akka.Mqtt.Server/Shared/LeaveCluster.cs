using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Server.Shared;

/// <summary>
/// Server to the actor that joins it with others: no client is connected any more, and none will be. The other nodes are to get the sessions. Answered by
/// <see cref="Left"/>.
/// </summary>
internal sealed class LeaveCluster : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly LeaveCluster Instance = new();

    /// <summary>This node has nothing that another one could take.</summary>
    internal sealed class Left : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Left Instance = new();
    }
}
