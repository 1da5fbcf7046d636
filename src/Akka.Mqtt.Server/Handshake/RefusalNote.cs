using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>Counts a refused client, and logs it unless its address has caused too many lines.</summary>
internal static class RefusalNote
{
    /// <summary>Counts and logs a refusal. A take-over is not counted.</summary>
    /// <param name="context">The server.</param>
    /// <param name="log">The log.</param>
    /// <param name="clientId">The client identifier, as far as it is known.</param>
    /// <param name="transport">The address and transport of the client.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More for the log; null for nothing.</param>
    /// <param name="cause">The exception of code on our side; null when the client is at fault.</param>
    public static void Write(
        ServerContext context, ILoggingAdapter log, string clientId, TransportInfo transport, ReasonCode reason, string? detail, Exception? cause)
    {
        if (reason == ReasonCode.SessionTakenOver) // normal: the client connects again while its first attempt is still in progress
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
