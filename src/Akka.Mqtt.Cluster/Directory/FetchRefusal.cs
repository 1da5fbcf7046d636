using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What a client is told that does not get its session.</summary>
internal static class FetchRefusal
{
    /// <summary>The refusal.</summary>
    /// <param name="why">Why; <see cref="FetchAnswer.None"/> when nobody answers.</param>
    /// <param name="connection">The connection of the client.</param>
    public static SessionRefused Of(FetchAnswer why, IActorRef connection) => why switch
    {
        FetchAnswer.OtherUser => new SessionRefused(ReasonCode.ClientIdentifierNotValid, "the session belongs to another user", connection),
        FetchAnswer.Stays => new SessionRefused(ReasonCode.UseAnotherServer, "its durable session is on another node", connection),
        _ => new SessionRefused(ReasonCode.ServerUnavailable, "the nodes of the cluster did not say in takeover-timeout who has the session", connection),
    };
}
