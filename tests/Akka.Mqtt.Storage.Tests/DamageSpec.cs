using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Tools;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// A server goes on with a database in which pages were overwritten: nothing waits for ever, what can be read is kept, what is lost is named. What can be read
/// is found out with a copy of the damaged files.
/// </summary>
public sealed class DamageSpec : IAsyncLifetime
{
    private const int Sessions = 40;

    private readonly SqliteHost _host = new();
    private readonly SqliteHost _copy = new();
    private readonly List<long> _all = [];
    private readonly Dictionary<long, List<string>> _after = []; // topics that were acknowledged after the damage, by session

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _copy.DisposeAsync();
    }

    private async Task Fill()
    {
        await using var engine = await _host.Open();
        List<StoreOp> ops = [];
        for (var at = 0; at < Sessions; at++)
        {
            var session = engine.NextSession();
            _all.Add(session);
            ops.Add(new StoreOp.SessionStarted(session, new SessionKey("", null, $"client {at}"), null, _host.Now));
            ops.Add(new StoreOp.Connected(session, at, uint.MaxValue, _host.Now));
            ops.Add(new StoreOp.Subscribed(session, [new(new Subscription($"filter/{at}", QualityOfService.AtLeastOnce), 0)]));
            ops.Add(new StoreOp.Received(session, [1, 2]));
            ops.Add(new StoreOp.Queued(engine.NextMessages(10), Batch($"own/{at}", 10), _host.Now, [session], null));
        }
        ops.Add(new StoreOp.Queued(engine.NextMessages(30), Batch("all", 30), _host.Now, [.. _all], null));
        for (var at = 0; at < 30; at++)
            ops.Add(new StoreOp.RetainedSet(new RetainedRecord(new Publish($"retained/{at}", new byte[300]) { Retain = true }, _host.Now, "p", "u", "l")));
        await engine.Write([.. ops]);
    }

    private static Publish[] Batch(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(each => new Publish($"{name}/{each}", new byte[200]) { QoS = QualityOfService.AtLeastOnce })];

    private void Overwrite(Random random)
    {
        using var file = new FileStream(SqliteFiles.DatabaseOf(_host.Directory), FileMode.Open);
        var pages = (int)(file.Length / 4096);
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            file.Position = 4096L * random.Next(1, pages);
            var noise = new byte[4096];
            if (random.Next(3) > 0)
                random.NextBytes(noise); // else a page of zeros
            file.Write(noise);
        }
    }

    /// <summary>What can be read: the topics in the queue of each session.</summary>
    private static async Task<Dictionary<long, List<string>>> Topics(SqliteHost host)
    {
        if (StoreTools.Check(host.Directory).Count > 0)
            StoreRecovery.Run(host.Directory, EngineHost.Start);
        await using var engine = await host.Open();
        Dictionary<long, List<string>> topics = [];
        foreach (var session in await engine.LoadSessionsAsync().All())
        {
            var state = (await engine.Read(session.Session))!.State;
            topics[session.Session] = [.. state.Queue.Values.Select(each => each.Packet.Topic)];
        }
        return topics;
    }

    private async Task Load(IStorageEngine engine, Random random)
    {
        var held = new HashSet<long>();
        for (var step = 0; step < 60; step++)
        {
            var session = _all[random.Next(_all.Count)];
            switch (random.Next(6))
            {
                case 0:
                    if (held.Add(session))
                        await engine.Read(session);
                    break;
                case 1:
                    if (held.Remove(session))
                        await engine.Write(new StoreOp.Parked(session, 0, 0));
                    break;
                case 2:
                    await engine.Write(new StoreOp.Connected(session, 100 + step, uint.MaxValue, _host.Now), new StoreOp.Disconnected(session, uint.MaxValue, _host.Now));
                    break;
                case 3:
                    await engine.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish($"retained/{random.Next(40)}", new byte[300]) { Retain = true }, _host.Now, "p")));
                    break;
                case 4:
                    await engine.FindDueAsync(_host.Now, 10);
                    break;
                default:
                    long[] to = [.. _all.Where(_ => random.Next(8) == 0)];
                    if (to.Length == 0)
                        break;
                    await engine.Write(new StoreOp.Queued(engine.NextMessages(2), Batch($"after/{step}", 2), _host.Now, to, null), new StoreOp.Received(session, [7]));
                    foreach (var each in to)
                    {
                        if (!_after.TryGetValue(each, out var topics))
                            _after[each] = topics = [];
                        topics.AddRange([$"after/{step}/0", $"after/{step}/1"]);
                    }
                    break;
            }
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Of_a_server_that_runs_with_overwritten_pages_only_what_cannot_be_read_is_lost_and_that_is_named(int seed)
    {
        var random = new Random(seed);
        await Fill();
        var before = _host.Scalar("SELECT count(*) FROM session");
        Overwrite(random);
        File.Copy(SqliteFiles.DatabaseOf(_host.Directory), SqliteFiles.DatabaseOf(_copy.Directory));
        IStorageEngine engine;
        try
        {
            engine = await _host.Open();
        }
        catch (MqttStorageException error)
        {
            Assert.Contains("store recover", error.Message, StringComparison.Ordinal); // what the start itself reads is damaged
            return;
        }
        await using (engine)
        {
            await Load(engine, random);
            Assert.Equal(StorageHealth.Good, engine.Health);
        }
        var readable = await Topics(_copy);
        var kept = await Topics(_host);
        Assert.Equal(readable.Keys.Order(), kept.Keys.Order());
        foreach (var (session, topics) in readable)
            Assert.Equal((session, string.Join(' ', topics.Concat(_after.GetValueOrDefault(session) ?? []))), (session, string.Join(' ', kept[session])));
        Assert.All(_host.Lost, session => Assert.DoesNotContain(session, readable.Keys));
        if (readable.Count < before && Directory.GetDirectories(_host.Directory) is [var aside])
            Assert.Contains("lost: ", await File.ReadAllTextAsync(Path.Combine(aside, "report.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recovery_that_ended_while_it_set_the_damaged_files_aside_is_finished_at_the_next_start()
    {
        await Fill();
        var path = SqliteFiles.DatabaseOf(_host.Directory);
        await using (await _host.Open())
        {
        }
        File.Copy(path, path + ".new");
        var aside = Directory.CreateDirectory(Path.Combine(_host.Directory, "damaged-20270115-080000")).FullName;
        File.Move(path, Path.Combine(aside, SqliteFiles.DatabaseName));
        await File.WriteAllTextAsync(path + "-wal", "of the damaged database");
        await using (var engine = await _host.Open())
            Assert.Equal(Sessions, (await engine.LoadSessionsAsync().All()).Count);
        Assert.Equal("of the damaged database", await File.ReadAllTextAsync(Path.Combine(aside, SqliteFiles.DatabaseName + "-wal")));
    }
}
