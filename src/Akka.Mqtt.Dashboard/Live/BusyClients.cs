using System.Runtime.CompilerServices;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Dashboard.Live;

/// <summary>
/// The clients with the most traffic. Connections count their bytes anyway. At a request, this compares all counts with those of the previous request, at
/// most once a second for all requests. With very many clients it compares them less often, so that it uses at most a hundredth of a core. Without requests
/// it does nothing, and keeps nothing. Thread safe.
/// </summary>
internal sealed class BusyClients
{
    /// <summary>Most clients of an answer.</summary>
    public const int Most = 200;

    private const int RestForWork = 99; // how many times longer it rests than it works

    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(900); // so that one request a second always gets a new answer

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(15);
    private static readonly ConditionalWeakTable<MqttServer, BusyClients> Each = [];

    private readonly ServerContext _context;
    private readonly ITimer _forget;
    private readonly Lock _lock = new();
    private Dictionary<TransportInfo, (long Received, long Sent)>? _before;
    private BusyAnswer? _answer;
    private long _at;
    private TimeSpan _rest;

    public BusyClients(ServerContext context)
    {
        _context = context;
        _forget = context.Clock.CreateTimer(static busy => ((BusyClients)busy!).Forget(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The instance of a server.</summary>
    public static BusyClients Of(MqttServer server) => Each.GetValue(server, static each => new BusyClients(each.Context));

    /// <summary>The busiest clients, the busiest one first. At the first request, rates are averages since the clients connected.</summary>
    public BusyAnswer Take(int limit)
    {
        lock (_lock)
        {
            var now = _context.Now;
            if (_answer is null || now - _at >= _rest.TotalMilliseconds)
            {
                var began = _context.Clock.GetTimestamp();
                _answer = Sample((now - _at) / 1000.0);
                var rest = _context.Clock.GetElapsedTime(began) * RestForWork;
                _rest = rest > MinInterval ? rest : MinInterval;
                _at = now;
            }
            _forget.Change(_rest > KeptFor ? _rest : KeptFor, Timeout.InfiniteTimeSpan);
            return _answer with { Clients = [.. _answer.Clients.Take(limit)] };
        }
    }

    private BusyAnswer Sample(double seconds)
    {
        var (before, utc) = (_before, _context.Clock.GetUtcNow());
        var after = new Dictionary<TransportInfo, (long, long)>(before?.Count ?? 0, ReferenceEqualityComparer.Instance);
        var busiest = new PriorityQueue<(ClientEntry Entry, ClientConnection Connection, double Received, double Sent), double>();
        foreach (var entry in _context.Clients)
        {
            if (entry.Connection is not { } connection)
                continue;
            var (received, sent) = (connection.Transport.BytesReceived, connection.Transport.BytesSent);
            after[connection.Transport] = (received, sent);
            (long Received, long Sent) from = default;
            var since = before is not null && before.TryGetValue(connection.Transport, out from) ? seconds : (utc - connection.ConnectedAt).TotalSeconds;
            var (receivedRate, sentRate) = (Rate(received - from.Received, since), Rate(sent - from.Sent, since));
            busiest.Enqueue((entry, connection, receivedRate, sentRate), receivedRate + sentRate);
            if (busiest.Count > Most)
                busiest.Dequeue();
        }
        _before = after;
        return new BusyAnswer(
        [
            .. busiest.UnorderedItems.OrderByDescending(static each => each.Priority).ThenBy(static each => each.Element.Entry.ClientId, StringComparer.Ordinal).Select(static each => RowOf(each.Element)),
        ], after.Count);
    }

    private static BusyRow RowOf((ClientEntry Entry, ClientConnection Connection, double Received, double Sent) each)
    {
        var transport = each.Connection.Transport;
        return new BusyRow(
            each.Entry.ClientId, transport.RemoteAddress?.ToString(), each.Connection.UserName, each.Received, each.Sent, transport.BytesReceived, transport.BytesSent, each.Entry.Waiting);
    }

    private static double Rate(long bytes, double seconds) => Math.Round(bytes / Math.Max(1, seconds), 1);

    private void Forget()
    {
        lock (_lock)
            (_before, _answer) = (null, null);
    }
}
