using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Tools;

namespace Akka.Mqtt.Storage.Tests;

public sealed class StoreToolsSpec : IAsyncLifetime
{
    private readonly SqliteHost _host = new();
    private readonly SqliteHost _other = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _other.DisposeAsync();
    }

    /// <summary>Sessions with all that one can have; as text, by identity.</summary>
    private static async Task<SortedDictionary<long, string>> Texts(SqliteHost host)
    {
        await using var engine = await host.Open();
        SortedDictionary<long, string> texts = [];
        foreach (var session in await engine.LoadSessionsAsync().All())
            texts[session.Session] = StoreText.Of(await engine.Read(session.Session));
        var retained = (await engine.LoadRetainedAsync().All()).Select(StoreText.Of).Order(StringComparer.Ordinal);
        texts[0] = string.Join('\n', retained);
        return texts;
    }

    private async Task Fill(int sessions = 20, int messages = 40)
    {
        await using var engine = await _host.Open();
        List<StoreOp> ops = [];
        List<long> all = [];
        for (var at = 0; at < sessions; at++)
        {
            var session = engine.NextSession();
            all.Add(session);
            ops.Add(new StoreOp.SessionStarted(session, new SessionKey("", null, $"client {at}"), at % 2 == 0 ? null : "ann", _host.Now));
            ops.Add(new StoreOp.Connected(session, at, uint.MaxValue, _host.Now));
            ops.Add(new StoreOp.WillSet(session, new Will("will", $"of {at}") { Properties = new WillProperties { WillDelayInterval = 3 } }));
            ops.Add(new StoreOp.Subscribed(session, [new(new Subscription($"filter/{at}", QualityOfService.ExactlyOnce), (uint)at)]));
            ops.Add(new StoreOp.Received(session, [1, 2]));
        }
        Publish[] batch = [.. Enumerable.Range(0, messages).Select(each => new Publish($"topic/{each}", new byte[500 + each])
        {
            QoS = QualityOfService.ExactlyOnce,
            Properties = each % 3 == 0 ? new PublishProperties { ContentType = "t", MessageExpiryInterval = 60, SubscriptionIdentifiers = [3, 4] } : null,
        })];
        var first = engine.NextMessages(messages);
        ops.Add(new StoreOp.Queued(first, batch, _host.Now, [.. all], null));
        ops.Add(new StoreOp.Sent(all[0], [new SentMessage(first + 1, 5), new SentMessage(first, 6)]));
        ops.Add(new StoreOp.Confirmed(all[0], [first]));
        for (var at = 0; at < 30; at++)
            ops.Add(new StoreOp.RetainedSet(new RetainedRecord(new Publish($"retained/{at}", new byte[300]) { Retain = true }, _host.Now, "p", "u", "l")));
        await engine.Write([.. ops]);
    }

    [Fact]
    public async Task A_sound_store_is_ok_also_while_a_server_uses_it()
    {
        await Fill();
        Assert.Empty(StoreTools.Check(_host.Directory));
        await using var engine = await _host.Open();
        Assert.Empty(StoreTools.Check(_host.Directory));
        var stats = StoreTools.Stats(_host.Directory).ToDictionary(each => each.Name, each => each.Value);
        Assert.Equal((20, 40, 800, 799, 30, 1), (stats["session_rows"], stats["message_rows"], stats["delivery_rows"] + 0, stats["messages_waiting"] + 1, stats["retained_rows"], stats["version"]));
    }

    [Fact]
    public async Task What_was_exported_is_imported_as_it_was()
    {
        await Fill();
        var before = await Texts(_host);
        var lines = new StringWriter();
        StoreTools.Export(_host.Directory, lines);
        Assert.True(StoreTools.Import(_other.Directory, new StringReader(lines.ToString()), "lines") > 800);
        Assert.Empty(StoreTools.Check(_other.Directory));
        Assert.Equal(before, await Texts(_other));
        await using var engine = await _other.Open();
        Assert.True(engine.NextSession() > before.Keys.Max());
        var again = Assert.Throws<MqttStorageException>(() => StoreTools.Import(_host.Directory, new StringReader(lines.ToString()), "lines"));
        Assert.Contains("import into an empty directory", again.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "this is not JSON, at byte 2")]
    [InlineData("hello", "this is not JSON, at byte 1")]
    [InlineData("[1]", "it has no table name")]
    [InlineData("{\"id\":1}", "it has no table name")]
    [InlineData("{\"table\":1}", "it has no table name")]
    [InlineData("{\"table\":\"meta\"}", "the row of meta has no version")]
    [InlineData("{\"table\":\"meta\",\"version\":2}", "schema 2 differs from schema 1 of this program")]
    [InlineData("{\"table\":\"message\",\"payload\":\"%\"}", "payload of message is not base64")]
    [InlineData("{\"table\":\"message\",\"payload\":1}", "payload of message is not base64")]
    [InlineData("{\"table\":\"message\",\"id\":1.5}", "id of message is not an integer")]
    [InlineData("{\"table\":\"message\",\"id\":[]}", "id of message is neither a text nor a number")]
    [InlineData("{\"table\":\"message\",\"topic\":\"\\ud800\"}", "a text is not Unicode")]
    [InlineData("{\"table\":\"sessions\"}", "there is no table sessions")]
    [InlineData("{\"table\":\"session\",\"colour\":1}", "session has no column colour")]
    [InlineData("{\"table\":\"session\",\"id\":1}", "NOT NULL constraint failed")]
    public void A_line_that_is_wrong_is_named_and_nothing_is_imported(string line, string problem)
    {
        var error = Assert.Throws<MqttStorageException>(() =>
            StoreTools.Import(_other.Directory, new StringReader("{\"table\":\"meta\",\"version\":1}\n" + line), "lines"));
        Assert.StartsWith("lines:2: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(". Nothing was imported.", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_other.Directory)); // neither a database nor a lock
    }

    [Fact]
    public void A_failed_import_takes_away_the_directories_that_it_made_and_leaves_a_database_that_was_there()
    {
        var deep = Path.Combine(_other.Directory, "a", "b");
        Assert.Throws<MqttStorageException>(() => StoreTools.Import(deep, new StringReader("x"), "lines"));
        Assert.Empty(Directory.GetFileSystemEntries(_other.Directory));
        StoreTools.Import(deep, new StringReader("{\"table\":\"meta\",\"version\":1}"), "lines");
        Assert.Throws<MqttStorageException>(() => StoreTools.Import(deep, new StringReader("x"), "lines"));
        Assert.Empty(StoreTools.Check(deep));
    }

    [Fact]
    public void A_sound_store_is_not_touched_by_recovery()
    {
        StoreTools.Import(_other.Directory, new StringReader("{\"table\":\"meta\",\"version\":1}"), "lines");
        var before = File.ReadAllBytes(SqliteFiles.DatabaseOf(_other.Directory));
        var (report, isSetAside) = StoreRecovery.Run(_other.Directory, EngineHost.Start);
        Assert.Equal("nothing is damaged, and nothing was changed", Assert.Single(report));
        Assert.False(isSetAside);
        Assert.Equal(before, File.ReadAllBytes(SqliteFiles.DatabaseOf(_other.Directory)));
    }

    [Fact]
    public async Task Rows_that_name_what_is_missing_are_found_and_recovered_from()
    {
        await Fill();
        using (var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(_host.Directory)))
            connection.Execute("DELETE FROM message WHERE topic = 'topic/3'; UPDATE message SET refs = 1 WHERE topic = 'topic/4'");
        var found = StoreTools.Check(_host.Directory);
        Assert.Contains("20 deliveries refer to a missing message", found);
        Assert.Contains("1 messages have a wrong count of references", found);
        var (report, isSetAside) = StoreRecovery.Run(_host.Directory, EngineHost.Start);
        Assert.True(isSetAside);
        Assert.Contains("lost: 1 messages of client client 7", report);
        Assert.Empty(StoreTools.Check(_host.Directory));
        Assert.Equal(780, _host.Scalar("SELECT count(*) FROM delivery"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Of_a_database_with_overwritten_pages_all_that_can_be_read_is_kept(int seed)
    {
        await Fill();
        var before = await Texts(_host);
        var path = SqliteFiles.DatabaseOf(_host.Directory);
        var random = new Random(seed);
        using (var file = new FileStream(path, FileMode.Open))
        {
            var pages = (int)(file.Length / 4096);
            for (var count = 0; count < 2; count++)
            {
                file.Position = 4096L * random.Next(14, pages); // not the roots of tables
                var noise = new byte[4096];
                random.NextBytes(noise);
                file.Write(noise);
            }
        }
        Assert.NotEmpty(StoreTools.Check(_host.Directory));
        var (report, isSetAside) = StoreRecovery.Run(_host.Directory, EngineHost.Start);
        Assert.True(isSetAside);
        Assert.Contains(report, line => line.StartsWith("lost:", StringComparison.Ordinal));
        Assert.Empty(StoreTools.Check(_host.Directory));
        Assert.Contains("damaged-20270115-080000", Assert.Single(Directory.GetDirectories(_host.Directory)), StringComparison.Ordinal);
        var after = await Texts(_host);
        Assert.True(after.Count >= 2, string.Join('\n', report));
        foreach (var (session, text) in after.Where(each => each.Key != 0))
            Assert.All(text.Split('\n').Where(line => line.StartsWith("queued", StringComparison.Ordinal)), line => Assert.Contains(line, before[session], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Recovery_counts_the_rows_that_the_damage_has_changed()
    {
        await using (var engine = await _host.Open())
        {
            for (var at = 0; at < 200; at++)
                await engine.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish($"topic/{at}", new byte[100]) { Retain = true }, _host.Now, "")));
        }
        var path = SqliteFiles.DatabaseOf(_host.Directory);
        await using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(file.Length - 1000); // SQLite reads the rest of the page as zeros
        }
        var (report, _) = StoreRecovery.Run(_host.Directory, EngineHost.Start);
        var kept = _host.Scalar("SELECT count(*) FROM retained");
        Assert.InRange(kept, 1, 199);
        Assert.Contains(report, line => line.StartsWith("lost:", StringComparison.Ordinal) && line.Contains("of retained", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_database_that_was_cut_the_beginning_is_kept()
    {
        await Fill();
        using (var file = new FileStream(SqliteFiles.DatabaseOf(_host.Directory), FileMode.Open))
            file.SetLength(file.Length - (4 * 4096));
        Assert.Contains("its header says", Assert.Single(StoreTools.Check(_host.Directory)), StringComparison.Ordinal);
        StoreRecovery.Run(_host.Directory, EngineHost.Start);
        Assert.Empty(StoreTools.Check(_host.Directory));
        await Texts(_host);
    }

    [Fact]
    public async Task A_directory_in_use_is_not_recovered_and_one_without_a_store_is_no_data_directory()
    {
        await using (await _host.Open())
            Assert.Contains("is used by process", Assert.Throws<MqttStorageException>(() => StoreRecovery.Run(_host.Directory, EngineHost.Start)).Message, StringComparison.Ordinal);
        foreach (var tool in (Action[])[() => StoreTools.Check(_other.Directory), () => StoreTools.Stats(_other.Directory), () => StoreRecovery.Run(_other.Directory, EngineHost.Start)])
            Assert.Contains("it is not a data directory", Assert.Throws<MqttStorageException>(tool).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_version_1_is_read()
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "samples", "version-1.db"), SqliteFiles.DatabaseOf(_host.Directory));
        await using var engine = await _host.Open();
        var sessions = await engine.LoadSessionsAsync().All();
        Assert.Equal(["client 0", "client 1"], sessions.Select(each => each.Key.ClientId));
        var first = (await engine.Read(sessions[0].Session))!;
        Assert.Equal((4, 2, 2), (first.State.Queue.Count, first.InFlight.Length, first.State.Received.Count));
        Assert.Equal("of 0", first.State.Will!.Payload.ToText());
        Assert.Equal(3U, first.State.Will.Properties!.WillDelayInterval);
        Assert.Equal(6, (await engine.Read(sessions[1].Session))!.State.Queue.Count);
        Assert.Equal(30, (await engine.LoadRetainedAsync().All()).Count);
    }

    /// <summary>Makes the sample of the present version, when there is none yet.</summary>
    [Fact]
    public async Task There_is_a_sample_of_the_present_version()
    {
        var sample = Path.Combine(AppContext.BaseDirectory, "samples", $"version-{SqliteSchema.Version}.db");
        if (!File.Exists(sample))
        {
            await Fill(2, 6);
            File.Copy(SqliteFiles.DatabaseOf(_host.Directory), sample);
            Assert.Fail($"Made {sample}: check it in below tests/Akka.Mqtt.Storage.Tests/samples.");
        }
    }
}
