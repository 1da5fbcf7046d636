using Akka.Mqtt.Dashboard.Answers;

namespace Akka.Mqtt.Cli.Top;

/// <summary>The figures of <c>akka-mqtt top</c> at one moment. Rates are per second since the previous answer.</summary>
/// <param name="Server">The counters of the server.</param>
/// <param name="MessagesReceived">PUBLISH packets received.</param>
/// <param name="MessagesSent">PUBLISH packets sent.</param>
/// <param name="BytesReceived">Bytes received.</param>
/// <param name="BytesSent">Bytes sent.</param>
/// <param name="Connects">Connections accepted.</param>
/// <param name="Problems">Drops and refusals since the server started, by reason; those with the highest present rate first.</param>
/// <param name="Busy">The clients with the most traffic.</param>
internal sealed record TopFigures(
    ServerAnswer Server,
    double MessagesReceived,
    double MessagesSent,
    double BytesReceived,
    double BytesSent,
    double Connects,
    IReadOnlyList<TopProblem> Problems,
    IReadOnlyList<BusyRow> Busy)
{
    /// <summary>Compares two answers of one server.</summary>
    public static TopFigures Of(ServerAnswer before, ServerAnswer now, BusyAnswer busy)
    {
        // After a restart of the server, its counters start at zero.
        var isSame = now.UptimeSeconds >= before.UptimeSeconds;
        var seconds = Math.Max(0.1, isSame ? now.UptimeSeconds - before.UptimeSeconds : now.UptimeSeconds);
        double Rate(long from, long to) => Math.Round((isSame ? to - from : to) / seconds, 1);
        var drops = before.Drops.ToDictionary(static each => each.Reason, static each => each.Count);
        var refusals = before.Refusals.ToDictionary(static each => (each.What, each.Reason), static each => each.Count);
        var problems = now.Drops.Where(static each => each.Count > 0)
            .Select(each => new TopProblem("messages dropped", each.Reason, each.Count, Rate(drops.GetValueOrDefault(each.Reason), each.Count)))
            .Concat(now.Refusals.Where(static each => each.Count > 0)
                .Select(each => new TopProblem($"{each.What} refused", each.Reason, each.Count, Rate(refusals.GetValueOrDefault((each.What, each.Reason)), each.Count))));
        return new TopFigures(
            now,
            Rate(before.Traffic.MessagesReceived, now.Traffic.MessagesReceived),
            Rate(before.Traffic.MessagesSent, now.Traffic.MessagesSent),
            Rate(before.Traffic.BytesReceived, now.Traffic.BytesReceived),
            Rate(before.Traffic.BytesSent, now.Traffic.BytesSent),
            Rate(before.AcceptedConnections, now.AcceptedConnections),
            [.. problems.OrderByDescending(static each => each.PerSecond).ThenByDescending(static each => each.Count)],
            busy.Clients);
    }
}

/// <summary>Drops or refusals for one reason.</summary>
/// <param name="What">Dropped or refused.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Count">The number since the server started.</param>
/// <param name="PerSecond">The present number a second.</param>
internal sealed record TopProblem(string What, string Reason, long Count, double PerSecond);
