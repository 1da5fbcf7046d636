using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage.Sqlite;
using Change = Akka.Mqtt.MqttClientQueueChange;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>The queue of a client in a file.</summary>
public sealed class SqliteClientQueueSpec : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("client-queue").FullName;

    private string File => Path.Combine(_directory, "queue.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_has_what_was_committed_when_it_is_opened_again()
    {
        var full = new Publish("a/ä", new byte[] { 0, 1, 2 })
        {
            QoS = QualityOfService.ExactlyOnce,
            Retain = true,
            Properties = new PublishProperties
            {
                MessageExpiryInterval = 60, ContentType = "text", CorrelationData = MqttBinary.FromText("c"), ResponseTopic = "r", UserProperties = [new("k", "v")],
            },
        };
        await using (var queue = await OpenAsync())
        {
            Assert.Equivalent(MqttClientQueueState.Empty, queue.State);
            await queue.CommitAsync(
            [
                new Change.Accepted("first"), new Change.Accepted("client"), Added(1), Added(2), new Change.Added(new MqttClientQueuedMessage(3, full, 77)), Added(4), Added(5),
                new Change.Sent(1, 10), new Change.Sent(3, 65535), new Change.Released(3), new Change.Sent(4, 12), new Change.Removed(4),
                new Change.Received(7), new Change.Received(7), new Change.Received(8), new Change.Received(9), new Change.ReceivedReleased(8),
            ]);
        }
        await using (var queue = await OpenAsync())
        {
            Assert.Equal("client", queue.State.ClientId);
            Assert.Equal([7, 9], queue.State.Received);
            Assert.Equal(
                [(1L, (ushort?)10, false), (2, null, false), (3, 65535, true), (5, null, false)],
                queue.State.Messages.Select(each => (each.Number, each.PacketId, each.IsReleased)));
            Assert.Equal(full, queue.State.Messages[2].Packet);
            Assert.Equal(77, queue.State.Messages[2].TakenAt);
            await queue.CommitAsync([new Change.SessionBegan()]);
        }
        await using (var queue = await OpenAsync())
        {
            Assert.Empty(queue.State.Received);
            Assert.All(queue.State.Messages, each => Assert.Equal((null, false), (each.PacketId, each.IsReleased)));
            Assert.Equal(4, queue.State.Messages.Count);
        }
    }

    [Fact]
    public async Task A_commit_that_fails_has_written_nothing_and_can_be_made_again()
    {
        await using var queue = await OpenAsync();
        await Assert.ThrowsAsync<MqttStorageException>(async () => await queue.CommitAsync([Added(1), Added(1)])); // a number twice stands for any failure
        await queue.CommitAsync([Added(1)]);
        await queue.DisposeAsync();
        await using var again = await OpenAsync();
        Assert.Single(again.State.Messages);
    }

    [Fact]
    public async Task What_was_committed_is_there_when_the_process_was_killed()
    {
        await using var queue = await OpenAsync();
        await queue.CommitAsync([Added(1)]);
        var copy = Path.Combine(_directory, "copy.db"); // what a kill leaves
        System.IO.File.Copy(File, copy);
        System.IO.File.Copy(File + "-wal", copy + "-wal");
        await using var next = await new SqliteClientQueue(copy).OpenAsync(default);
        Assert.Single(next.State.Messages);
    }

    [Fact]
    public async Task A_file_has_one_client_at_a_time()
    {
        await using (await OpenAsync())
            Assert.Equal($"{File} is used by another client: give each client a file of its own.", await RefusalAsync());
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task A_file_of_a_newer_version_or_of_another_program_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var connection = SqliteConnection.Open(File))
            connection.Execute("PRAGMA user_version = 2");
        Assert.Equal($"{File} was written by a newer program (version 2, this one reads up to 1): use that program.", await RefusalAsync());
        using (var connection = SqliteConnection.Open(File))
            connection.Execute("PRAGMA application_id = 1");
        Assert.Equal($"{File} is a database of another program: choose another file.", await RefusalAsync());
    }

    [Fact]
    public async Task A_damaged_file_is_refused_and_never_an_empty_queue()
    {
        await using (var queue = await OpenAsync())
            await queue.CommitAsync([.. Enumerable.Range(1, 500).Select(Added)]);
        var whole = await System.IO.File.ReadAllBytesAsync(File);

        await System.IO.File.WriteAllBytesAsync(File, whole[..(whole.Length / 2)]); // cut
        Assert.StartsWith($"{File}, the queue of a client, is damaged: it has ", await RefusalAsync());

        await System.IO.File.WriteAllTextAsync(File, "no database");
        Assert.Equal(
            $"{File}, the queue of a client, is damaged: it does not begin like an SQLite file. Move it away to begin a new one; the messages in it are lost then.",
            await RefusalAsync());

        for (var page = 1; page < whole.Length / 4096; page += 5)
        {
            var damaged = (byte[])whole.Clone();
            damaged.AsSpan(page * 4096, 64).Fill(0xa5);
            await System.IO.File.WriteAllBytesAsync(File, damaged);
            Assert.StartsWith($"{File}, the queue of a client, is damaged: ", await RefusalAsync());
        }

        await System.IO.File.WriteAllBytesAsync(File, []);
        await System.IO.File.WriteAllTextAsync(File + "-wal", "what is left");
        Assert.StartsWith($"{File}, the queue of a client, is damaged: it is empty or missing", await RefusalAsync());
    }

    [Fact]
    public async Task A_place_that_cannot_be_used_is_refused_in_one_line()
    {
        Assert.Equal($"{_directory} is a directory: give the name of a file.", await RefusalAsync(_directory));
        var missing = Path.Combine(_directory, "missing");
        Assert.Equal($"{missing}, where the queue of a client should be, does not exist.", await RefusalAsync(Path.Combine(missing, "queue.db")));
    }

    private static Change Added(int number) =>
        new Change.Added(new MqttClientQueuedMessage(number, new Publish("t", $"{number} {new string('x', 100)}") { QoS = QualityOfService.AtLeastOnce }, 1000 + number));

    private ValueTask<IMqttOpenClientQueue> OpenAsync() => new SqliteClientQueue(File).OpenAsync(default);

    private async Task<string> RefusalAsync(string? path = null)
    {
        var message = (await Assert.ThrowsAsync<MqttStorageException>(async () => await new SqliteClientQueue(path ?? File).OpenAsync(default))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
