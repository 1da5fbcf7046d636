using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

public sealed class StorageWriterSpec : IAsyncLifetime
{
    private readonly SqliteHost _host = new();
    private FaultyDatabase _database = null!;
    private StorageWriter _writer = null!;

    public Task InitializeAsync()
    {
        _writer = new SqliteStorage(_host.Directory).Open(_host.Options, null, inner => _database = new FaultyDatabase(inner));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _database.Let(1_000_000);
        await _writer.DisposeAsync();
        await _host.DisposeAsync();
    }

    private static Publish[] Batch(params string[] topics) => [.. topics.Select(topic => new Publish(topic) { QoS = QualityOfService.AtLeastOnce })];

    private StoreOp.Queued Queued(Publish[] batch, params long[] sessions) => new(_writer.NextMessages(batch.Length), batch, _host.Now, sessions, null);

    private async Task<long> Session(string client)
    {
        var session = _writer.NextSession();
        await _writer.Write(new StoreOp.SessionStarted(session, new SessionKey("", null, client), null, _host.Now));
        return session;
    }

    private async Task Until(Func<bool> condition)
    {
        var until = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, "not in 30 s");
            await Task.Delay(5);
        }
    }

    /// <summary>The writer is inside a commit that waits, so that what a test appends next is one drain.</summary>
    private async Task Busy(long session)
    {
        _database.Gate();
        var writes = _database.Writes;
        _writer.Append(new StoreUnit([new StoreOp.Received(session, [1])], null));
        await Until(() => _database.Writes > writes);
    }

    [Fact]
    public async Task What_is_appended_during_a_commit_is_one_drain()
    {
        var session = await Session("a");
        var commits = _database.Commits;
        await Busy(session);
        var receipts = Enumerable.Range(0, 100).Select(_ => new AwaitedReceipt()).ToList();
        foreach (var receipt in receipts)
            _writer.Append(new StoreUnit([Queued(Batch("a"), session)], receipt));
        Assert.True(_writer.PendingBytes > 0);
        _database.Let(2);
        await receipts[^1].Task;
        Assert.Equal(commits + 2, _database.Commits);
    }

    [Fact]
    public async Task A_database_that_is_away_is_asked_less_and_less_often_also_while_somebody_wants_to_read()
    {
        var session = await Session("a");
        _database.Fail(1);
        _database.GoAway(true);
        var receipt = new AwaitedReceipt();
        var began = Environment.TickCount64; // before the first attempt
        _writer.Append(new StoreUnit([Queued(Batch("a"), session)], receipt));
        var reading = _writer.Read(session);
        await Until(() => _database.Asked >= 10); // each attempt asks twice: before it and behind it
        Assert.True(Environment.TickCount64 - began > 600, "five attempts take 50, 100, 200 and 400 ms");
        _database.GoAway(false);
        await receipt.Task;
        Assert.NotNull(await reading);
    }

    [Fact]
    public async Task Who_asked_for_a_session_gets_it_although_the_first_attempts_to_read_it_failed()
    {
        var session = await Session("a");
        await _writer.Write(new StoreOp.Parked(session, 0, 0));
        _database.FailReads(2);
        Assert.NotNull(await _writer.Read(session));
        await _writer.Write(new StoreOp.Parked(session, 0, 0));
        await Busy(session);
        var receipt = new AwaitedReceipt();
        _writer.Append(new StoreUnit([Queued(Batch("a"), session)], receipt));
        var reading = _writer.Read(session); // what was queued before it in the same drain is written first
        _database.FailWrites(1);
        _database.Let(100);
        Assert.Single((await reading)!.State.Queue);
        await receipt.Task;
    }

    [Fact]
    public async Task What_is_queued_and_removed_in_one_drain_is_not_written_and_needs_no_commit()
    {
        var session = await Session("a");
        await Busy(session);
        var writes = _database.Writes;
        var queued = Queued(Batch("a", "b"), session);
        var first = new AwaitedReceipt();
        _writer.Append(new StoreUnit([queued], first));
        _writer.Append(new StoreUnit([new StoreOp.Sent(session, [new SentMessage(queued.FirstMessage, 1), new SentMessage(queued.FirstMessage + 1, 2)])], null));
        _writer.Append(new StoreUnit([new StoreOp.Removed(session, [queued.FirstMessage, queued.FirstMessage + 1])], null));
        _database.Let(1); // of the commit before: there is no other
        await first.Task;
        Assert.Equal(writes, _database.Writes);
    }

    [Fact]
    public async Task What_happens_to_a_message_in_its_drain_is_in_its_row()
    {
        var session = await Session("a");
        await Busy(session);
        var writes = _database.Writes;
        Publish[] batch = [.. Batch("a"), new("b") { QoS = QualityOfService.ExactlyOnce }];
        var queued = Queued(batch, session);
        var last = new AwaitedReceipt();
        _writer.Append(new StoreUnit([queued], null));
        _writer.Append(new StoreUnit([new StoreOp.Sent(session, [new SentMessage(queued.FirstMessage, 1), new SentMessage(queued.FirstMessage + 1, 2)])], null));
        _writer.Append(new StoreUnit([new StoreOp.Confirmed(session, [queued.FirstMessage + 1])], last));
        _database.Let(100);
        await last.Task;
        Assert.Equal(writes + 1, _database.Writes);
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM message"));
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM delivery WHERE state = 'sent'"));
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM delivery WHERE state = 'released'"));
    }

    [Fact]
    public async Task A_message_is_stored_once_for_all_sessions_and_shapes()
    {
        long[] sessions = [await Session("a"), await Session("b"), await Session("c"), await Session("d")];
        Publish[] batch = [new("a", "payload") { QoS = QualityOfService.ExactlyOnce, Retain = true }, new("b", default) { QoS = QualityOfService.AtLeastOnce }];
        Publish[] other = [.. batch.Select(each => each with
        {
            QoS = QualityOfService.AtLeastOnce,
            Retain = false,
            Properties = new PublishProperties { SubscriptionIdentifiers = [7] },
        })];
        var (one, two) = (Queued(batch, sessions[0], sessions[1]), Queued(other, sessions[2], sessions[3]));
        await _writer.Write(one, two);
        Assert.Equal(2, _host.Scalar("SELECT count(*) FROM message"));
        Assert.Equal(8, _host.Scalar("SELECT sum(refs) FROM message"));
        await _writer.Write([.. sessions.Take(3).Select(each => new StoreOp.Ended(each))]);
        Assert.Equal(2, _host.Scalar("SELECT sum(refs) FROM message"));
        var state = (await _writer.Read(sessions[3]))!.State;
        Assert.Equal(other, state.Queue.Values.Select(each => each.Packet));
        await _writer.Write(new StoreOp.Removed(sessions[3], [two.FirstMessage, two.FirstMessage + 1]));
        Assert.Equal(0, _host.Scalar("SELECT count(*) FROM message"));
    }

    [Fact]
    public async Task A_commit_that_fails_is_tried_again_and_nothing_is_lost_or_doubled()
    {
        var session = await Session("a");
        var parked = await Session("b");
        await _writer.Write(new StoreOp.Parked(parked, 0, 0));
        _database.Fail(4);
        var receipt = new AwaitedReceipt();
        _writer.Append(new StoreUnit([Queued(Batch("a", "b"), session, parked)], receipt));
        await Until(() => _writer.Health == StorageHealth.Failing);
        var reader = new AwaitedReader();
        _writer.Take(parked, reader);
        _writer.Append(new StoreUnit([Queued(Batch("c"), session, parked)], null));
        Assert.False(receipt.IsComplete);
        Assert.Equal(["a", "b"], (await reader.Task)!.State.Queue.Values.Select(each => each.Packet.Topic));
        await receipt.Task;
        await _writer.Write();
        Assert.Equal(StorageHealth.Good, _writer.Health);
        Assert.Equal(4, _writer.FailedCommits);
        Assert.Equal(1, receipt.Completions);
        Assert.Equal(["a", "b", "c"], (await _writer.Read(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
        Assert.Equal(["a", "b", "c"], (await _writer.Read(parked))!.State.Queue.Values.Select(each => each.Packet.Topic));
        Assert.Single(_host.Log, line => line.Contains("cannot be written: the test wants it", StringComparison.Ordinal));
        Assert.Single(_host.Log, line => line.Contains("is written again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_not_done_again()
    {
        var session = await Session("a");
        var queued = Queued(Batch("a"), session);
        await _writer.Write(queued);
        _database.FailSilently(1);
        await _writer.Write(new StoreOp.Removed(session, [queued.FirstMessage]), Queued(Batch("b"), session));
        Assert.Equal(1, _writer.FailedCommits);
        Assert.Equal(1, _host.Scalar("SELECT sum(refs) FROM message"));
        Assert.Equal(["b"], (await _writer.Read(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
    }

    [Fact]
    public async Task A_drain_is_done_again_from_the_beginning_when_nobody_could_say_at_once_whether_it_was_committed()
    {
        var ended = await Session("a");
        var parked = await Session("b");
        await _writer.Write(new StoreOp.Parked(parked, 0, 0));
        var rest = _host.Limits.MaxQueuedMessages - 1;
        await _writer.Write(Queued(Batch([.. Enumerable.Repeat("before", rest)]), parked));
        _database.Fail(1);
        _database.GoAway(questions: 1);
        await _writer.Write(new StoreOp.Ended(ended), Queued(Batch("last"), parked));
        Assert.Equal((0, 0), (_host.Scalar($"SELECT count(*) FROM session WHERE id = {ended}"), _host.Dropped));
        Assert.Equal(rest + 1, _host.Scalar("SELECT count(*) FROM delivery"));
    }

    [Fact]
    public async Task More_bytes_than_may_wait_are_behind()
    {
        var session = await Session("a");
        await Busy(session);
        var payload = new byte[600_000];
        Publish[] Large() => [new("a", payload) { QoS = QualityOfService.AtLeastOnce }];
        _writer.Append(new StoreUnit([Queued(Large(), session)], null));
        Assert.Equal(StorageHealth.Good, _writer.Health);
        _writer.Append(new StoreUnit([Queued(Large(), session)], null));
        Assert.Equal(StorageHealth.Behind, _writer.Health);
        _database.Let(100);
        await _writer.Write();
        Assert.Equal((StorageHealth.Good, 0), (_writer.Health, _writer.PendingBytes));
    }

    [Theory]
    [InlineData((int)QueueOverflow.DropQoS0First, 100, 1)]
    [InlineData((int)QueueOverflow.DropOldest, 1000, 5)]
    public async Task What_a_full_session_drops_next_is_not_asked_for_with_each_message(int overflow, int messages, int mostReads)
    {
        await _writer.DisposeAsync();
        _host.Limits = _host.Limits with { MaxQueuedMessages = 300, Overflow = (QueueOverflow)overflow };
        await InitializeAsync();
        var session = await Session("a");
        await _writer.Write(new StoreOp.Disconnected(session, 60, _host.Now), new StoreOp.Parked(session, 0, 0));
        await _writer.Write(Queued(Batch([.. Enumerable.Repeat("kept", 300)]), session));
        for (var at = 0; at < messages; at++)
            await _writer.Write(Queued(Batch("more"), session));
        Assert.Equal(messages, _host.Dropped);
        Assert.InRange(_database.OldestReads, 1, mostReads);
        Assert.Equal(overflow == (int)QueueOverflow.DropOldest ? 300 : 0, _host.Scalar("SELECT count(*) FROM message WHERE topic = 'more'"));
    }

    [Fact]
    public async Task That_the_process_is_alive_is_written_every_10_seconds()
    {
        await Session("a");
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        await Until(() => _host.Scalar("SELECT max(alive_at) FROM run") == _host.Now);
    }

    [Fact]
    public async Task A_commit_that_takes_long_is_named_once_until_commits_are_fast_again()
    {
        var session = await Session("a");
        Assert.Equal(TimeSpan.Zero, _writer.CommitAge);
        await Busy(session);
        _host.Time.Advance(TimeSpan.FromSeconds(11));
        _host.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(22, _writer.CommitAge.TotalSeconds);
        Assert.Single(_host.Log, static line => line.Contains("is slow: a commit has taken 1", StringComparison.Ordinal));
        Assert.DoesNotContain(_host.Log, static line => line.Contains("fast enough again", StringComparison.Ordinal));
        _database.Let(1_000_000);
        await Until(() => _host.Log.Any(static line => line.Contains("fast enough again", StringComparison.Ordinal)) || Append());
        Assert.Equal(0, _writer.FailedCommits);
        Assert.Single(_host.Log, static line => line.Contains("is slow", StringComparison.Ordinal));

        bool Append()
        {
            _writer.Append(new StoreUnit([new StoreOp.Received(session, [2])], null)); // the next commit, which is fast
            return false;
        }
    }

    [Fact]
    public async Task All_that_was_appended_is_committed_before_the_engine_closes()
    {
        var session = await Session("a");
        var receipt = new AwaitedReceipt();
        _writer.Append(new StoreUnit([Queued(Batch("a"), session)], receipt));
        await _writer.DisposeAsync();
        Assert.True(receipt.IsComplete);
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM delivery"));
    }

    [Fact]
    public void Blocks_of_identities_follow_one_another_without_a_gap_in_time()
    {
        var asked = 0;
        var source = new IdentitySource(1, 10, () => asked++);
        for (var at = 1; at <= 6; at++)
            Assert.Equal(at, source.Take(1));
        Assert.Equal(1, asked);
        source.Renew(101);
        Assert.Equal(7, source.Take(4));
        Assert.Equal(101, source.Take(2));
        Assert.Throws<Server.MqttStorageException>(() => source.Take(100));
    }
}
