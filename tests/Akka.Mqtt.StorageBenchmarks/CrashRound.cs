using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage;
using Akka.Mqtt.Storage.PostgreSql;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>
/// What one child process appends, by its seed: the child does it, and its parent does it again on a model to know what must be there.
/// </summary>
internal sealed class CrashRound
{
    public const long Now = 1_800_000_000_000;

    private readonly Random _random;
    private readonly RandomHistory _history;

    public CrashRound(int seed, Func<long> nextSession, Func<int, long> nextMessages)
    {
        _random = new Random(seed);
        Limits = LimitsOf(seed);
        Model = new StoreModel(Limits);
        _history = new RandomHistory(_random, Model, nextSession, nextMessages, () => Now, PrefixOf(seed));
    }

    public SessionLimits Limits { get; }

    public StoreModel Model { get; }

    public static string PrefixOf(int seed) => $"round {seed}/";

    public static SessionLimits LimitsOf(int seed) => new()
    {
        MaxQueuedMessages = seed % 3 == 0 ? 5 : 1000,
        MaxQueuedBytes = 1 << 20,
        MaxInflightMessages = 10,
        MaxInflightBytes = 1 << 20,
        Overflow = (QueueOverflow)(seed % 3),
    };

    public static MqttServerStorage Storage(string place) =>
        place.Contains('=', StringComparison.Ordinal) ? new PostgreSqlStorage(place) : new SqliteStorage(place);

    public static StorageOptions Options(SessionLimits limits, Action<string>? log = null) => new()
    {
        Limits = limits,
        MaxPendingBytes = 1 << 20,
        Log = (_, line) => log?.Invoke(line),
        Time = new Standstill(),
    };

    /// <summary>The next thing that is done: a unit, or a session that is taken.</summary>
    public (IReadOnlyList<StoreOp>? Unit, long Taken) Next()
    {
        if (_random.Next(10) == 0 && _history.Parked() is { } parked)
        {
            Model.Take(parked);
            return (null, parked);
        }
        return (_history.Unit(), 0);
    }

    /// <summary>A clock that stands, so that what is written does not depend on when.</summary>
    private sealed class Standstill : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);
    }
}
