using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>
/// Whether the server can take one more client. A client that has a session is accepted even when memory is short, because it will empty its queue.
/// </summary>
internal static class LoadRules
{
    /// <summary>Why <see cref="TryAccept"/> refused, for the log.</summary>
    public const string NoRoom = "memory.shares.connections or memory.shares.sessions is used up";

    /// <summary>CONNECT has come: the cheapest refusals first.</summary>
    /// <param name="connect">The packet, as it came.</param>
    /// <param name="key">The session that it asks for, as far as an unverified user name says.</param>
    /// <param name="transport">Where the connection comes from.</param>
    /// <param name="permit">Its place.</param>
    /// <param name="context">The server.</param>
    /// <returns>Success, or why the client is refused.</returns>
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

    /// <summary>The client is authenticated: whether its connection may stay.</summary>
    /// <param name="key">Its session.</param>
    /// <param name="permit">The place of the connection.</param>
    /// <param name="context">The server.</param>
    public static bool TryAccept(SessionKey key, ConnectionPermit permit, ServerContext context)
    {
        var hasSession = context.Clients.Contains(key);
        return (hasSession || context.Memory.HasRoom(MemoryKind.Sessions, MemoryCost.Session)) && permit.TryAccept(hasSession);
    }
}
