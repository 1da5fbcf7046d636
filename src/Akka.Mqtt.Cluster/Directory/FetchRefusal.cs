using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The refusal of a client that does not get its session.</summary>
internal static class FetchRefusal
{
    /// <summary>The refusal.</summary>
    /// <param name="why">The reason; <see cref="FetchAnswer.None"/> when no node answered.</param>
    /// <param name="connection">The connection of the client.</param>
    public static SessionRefused Of(FetchAnswer why, IActorRef connection) => why switch
    {
        FetchAnswer.OtherUser => new SessionRefused(ReasonCode.ClientIdentifierNotValid, "the session belongs to another user", connection),
        FetchAnswer.Stays => new SessionRefused(ReasonCode.UseAnotherServer, "its durable session is on another node", connection),
        _ => new SessionRefused(ReasonCode.ServerUnavailable, "the nodes of the cluster did not answer within takeover-timeout which of them has the session", connection),
    };
}
