using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>
/// Decides whether the server can accept one more client. A client with a session is accepted even when memory is short, because it will
/// empty its queue.
/// </summary>
internal static class LoadRules
{
    /// <summary>The reason for a refusal of <see cref="TryAccept"/>, for the log.</summary>
    public const string NoRoom = "memory.shares.connections or memory.shares.sessions is used up";

    /// <summary>Checks a CONNECT before authentication, with the cheapest checks first.</summary>
    /// <param name="connect">The packet as it was received.</param>
    /// <param name="key">The session that it requests; it contains the user name before verification.</param>
    /// <param name="transport">The address and transport of the connection.</param>
    /// <param name="permit">Its permit of the gate.</param>
    /// <param name="context">The server.</param>
    /// <returns>Success, or the reason code of the refusal.</returns>
    public static ReasonCode Check(Connect connect, SessionKey key, TransportInfo transport, ConnectionPermit permit, ServerContext context)
    {
        if (permit.Verdict != ReasonCode.Success)
            return permit.Verdict;
        if (context.Protection.Bans.Contains(connect.ClientId, transport.RemoteAddress))
            return ReasonCode.Banned;
        if (connect.ClientId.Length > 0 && context.Flapping?.TryConnect(connect.ClientId, transport.RemoteAddress, context.Now) == false)
            return ReasonCode.Banned;
        if (context.Watermark.Level >= LoadLevel.RefuseConnects && !context.Clients.Contains(key))
            return ReasonCode.ServerBusy;
        return permit.TryHold(MemoryCost.OfConnect(connect)) ? ReasonCode.Success : ReasonCode.ServerBusy;
    }

    /// <summary>Checks, after authentication, whether the connection may stay.</summary>
    /// <param name="key">Its session.</param>
    /// <param name="permit">The permit of the connection.</param>
    /// <param name="context">The server.</param>
    public static bool TryAccept(SessionKey key, ConnectionPermit permit, ServerContext context)
    {
        var hasSession = context.Clients.Contains(key);
        return (hasSession || context.Memory.HasRoom(MemoryKind.Sessions, MemoryCost.Session)) && permit.TryAccept(hasSession);
    }
}
