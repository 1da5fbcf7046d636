using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>Counts a refused client, and logs a line unless its address has caused too many.</summary>
internal static class RefusalNote
{
    /// <summary>Counts and logs a refusal. A take-over is none.</summary>
    /// <param name="context">The server.</param>
    /// <param name="log">The log.</param>
    /// <param name="clientId">The client identifier, as far as it is known.</param>
    /// <param name="transport">Where the client comes from.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More for the log; null for nothing.</param>
    /// <param name="cause">What code on our side threw; null when it was the client.</param>
    public static void Write(
        ServerContext context, ILoggingAdapter log, string clientId, TransportInfo transport, ReasonCode reason, string? detail, Exception? cause)
    {
        if (reason == ReasonCode.SessionTakenOver) // ordinary: a client connects again while its first attempt goes on
        {
            log.Debug("{ClientId} at {Transport} is taken over before its CONNACK", clientId, transport);
            return;
        }
        context.Stats.AddRefusal(Refused.Connect, reason);
        var level = context.Refusals.Level(cause is null ? RefusalKind.Connection : RefusalKind.Fault, transport.RemoteAddress, log);
        if (level != LogLevel.DebugLevel)
            context.Stats.RefusedClients.Add(context.Clock.GetUtcNow(), clientId, transport.RemoteAddress, reason, detail);
        log.Write(
            level,
            cause,
            "{ClientId} at {Transport} is refused: {Reason}{Detail}",
            clientId,
            transport,
            reason,
            detail is null ? "" : $" ({detail})");
    }
}
