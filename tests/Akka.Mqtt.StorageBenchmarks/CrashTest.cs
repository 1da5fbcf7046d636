using System.Diagnostics;
using System.Globalization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>
/// Kills a process that appends, again and again on the same data, and checks after each time: there is a prefix of what it appended, whole units in
/// their order, with every unit whose receipt was completed; and what earlier processes left is as it was.
/// </summary>
/// <param name="place">Where the storage is.</param>
/// <param name="log">Takes a line for each round.</param>
/// <param name="atCalls">
/// Whether a process is not killed at a random moment, but when one of its threads is about to make its n-th system call that changes a file. Two rounds
/// each have the same n: the first with a new data directory, the second with the one that the first left. Needs strace, and SQLite.
/// </param>
internal sealed class CrashTest(string place, Action<string> log, bool atCalls = false)
{
    // The system calls by which SQLite and the locks of the data directory change files.
    private const string Calls = "pwrite64,pwritev,fsync,fdatasync,ftruncate,fallocate,unlink,unlinkat,rename";

    // A process that is to be killed at one of its calls, and makes so many steps instead, is killed here.
    private const int MostSteps = 20_000;

    private readonly SortedDictionary<long, string> _before = [];
    private readonly Dictionary<string, string> _retainedBefore = new(StringComparer.Ordinal);

    /// <summary>Runs rounds; throws what a check found.</summary>
    public async Task Run(int firstSeed, int rounds)
    {
        for (var seed = firstSeed; seed < firstSeed + rounds; seed++)
        {
            if (atCalls && seed % 2 == 1 && Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
                _before.Clear();
                _retainedBefore.Clear();
            }
            var (first, acknowledged) = await Kill(seed);
            await Check(seed, first?.Session ?? 0, first?.Message ?? 0, acknowledged);
        }
    }

    private async Task<((long Session, long Message)? First, int Acknowledged)> Kill(int seed)
    {
        var random = new Random(seed * 7919);
        string[] arguments = [typeof(CrashTest).Assembly.Location, "crash-child", place, $"{seed}"];
        string[] tracing = ["-f", "-qq", "-o", "/dev/null", "-e", $"trace={Calls}"];
        string[] killing = ["-e", $"inject={Calls}:signal=KILL:when={(seed + 1) / 2}", "dotnet"];
        var info = atCalls ? new ProcessStartInfo("strace", [.. tracing, .. killing, .. arguments]) : new ProcessStartInfo("dotnet", arguments);
        info.RedirectStandardOutput = true;
        using var child = Process.Start(info)!;
        (long, long)? first = null;
        var acknowledged = 0;
        // Sometimes soon after the start, mostly in the middle, at a random number of receipts and then a random time.
        var killAt = random.Next(1, 4) == 1 ? random.Next(1, 20) : random.Next(20, 400);
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("first ", StringComparison.Ordinal))
                first = (long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture));
            else if (int.TryParse(line, CultureInfo.InvariantCulture, out var step))
                acknowledged = Math.Max(acknowledged, step);
            if (killAt > 0 && acknowledged >= (atCalls ? MostSteps : killAt))
            {
                if (!atCalls)
                    await Task.Delay(random.Next(0, 4));
                child.Kill(entireProcessTree: true);
                killAt = 0;
            }
        }
        await child.WaitForExitAsync();
        if (atCalls && killAt == 0)
            throw new InvalidOperationException($"seed {seed}: strace did not kill the process");
        return first is null && !atCalls ? throw new InvalidOperationException($"seed {seed}: the child ended by itself") : (first, acknowledged);
    }

    private async Task Check(int seed, long firstSession, long firstMessage, int acknowledged)
    {
        var (nextSession, nextMessage) = (firstSession + 1, firstMessage + 1);
        var round = new CrashRound(seed, () => nextSession++, count => (nextMessage += count) - count);
        await using var engine = await Open(round);
        var prefix = CrashRound.PrefixOf(seed);
        SortedDictionary<long, string> sessions = [];
        await foreach (var session in engine.LoadSessionsAsync())
            sessions[session.Session] = "";
        foreach (var session in sessions.Keys.ToList())
            sessions[session] = StoreText.Of(await Read(engine, session));
        Dictionary<string, string> retained = new(StringComparer.Ordinal);
        await foreach (var record in engine.LoadRetainedAsync())
            retained[record.Packet.Topic] = StoreText.Of(record);

        foreach (var (session, text) in _before)
            Require(sessions.Remove(session, out var found) && found == text, seed, $"session {session} of an earlier process changed");
        foreach (var (topic, text) in _retainedBefore)
            Require(retained.Remove(topic, out var found) && found == text, seed, $"retained message {topic} of an earlier process changed");

        // Which prefix is it? At least up to the last unit that was acknowledged.
        var there = Join(sessions, retained);
        for (var step = 0; ; step++)
        {
            Require(step < acknowledged + 3000, seed, $"no prefix with the {acknowledged} steps that were acknowledged is what is there:\n{there}");
            if (step > 0)
                round.Next();
            if (step < acknowledged || Text(round.Model) != there)
                continue;
            log($"seed {seed}: {acknowledged} steps were acknowledged, {step} are there, {sessions.Count} sessions");
            break;
        }
        foreach (var (session, text) in sessions)
            _before[session] = text;
        foreach (var (topic, text) in retained)
        {
            Require(topic.StartsWith(prefix, StringComparison.Ordinal), seed, $"retained message {topic} is nobody's");
            _retainedBefore[topic] = text;
        }
    }

    private async Task<IStorageEngine> Open(CrashRound round)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await CrashRound.Storage(place).OpenAsync(CrashRound.Options(round.Limits, log));
            }
            catch (MqttStorageException) when (attempt < 100 && place.Contains('=', StringComparison.Ordinal))
            {
                await Task.Delay(100); // PostgreSQL has not seen yet that its client was killed
            }
        }
    }

    private static string Text(StoreModel model)
    {
        SortedDictionary<long, string> sessions = [];
        foreach (var session in model.Sessions)
            sessions[session] = StoreText.Of(model.Peek(session)).Replace("connected=True", "connected=False", StringComparison.Ordinal);
        return Join(sessions, model.Retained.ToDictionary(each => each.Packet.Topic, StoreText.Of));
    }

    private static string Join(SortedDictionary<long, string> sessions, Dictionary<string, string> retained) =>
        string.Join('\n', sessions.Select(each => $"{each.Key}: {each.Value}")) + "\n"
        + string.Join('\n', retained.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => each.Value));

    private static void Require(bool condition, int seed, string what)
    {
        if (!condition)
            throw new InvalidOperationException($"seed {seed}: {what}");
    }

    private static Task<StoredState?> Read(IStorageEngine engine, long session)
    {
        var reader = new Reader();
        engine.Take(session, reader);
        return reader.Task;
    }

    private sealed class Reader : IStoredReader
    {
        private readonly TaskCompletionSource<StoredState?> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<StoredState?> Task => _read.Task;

        public void Read(StoredState? state) => _read.SetResult(state);

        public void Failed(Exception cause) => _read.SetException(cause);
    }
}
