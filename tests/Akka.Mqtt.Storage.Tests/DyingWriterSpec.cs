using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>
/// A process that ends between any two steps of the writer: for each step of a short history, what the next process finds is a prefix of what was appended, and has
/// all that was acknowledged.
/// </summary>
public abstract class DyingWriterSpec : IAsyncLifetime
{
    private const int Units = 8;

    private protected abstract EngineHost Host { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Host.DisposeAsync();

    private protected abstract Task<StorageWriter> Open(Func<IStorageDatabase, IStorageDatabase> wrap);

    [EngineTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_acknowledged_is_there_and_what_is_there_is_a_prefix_wherever_the_process_ends(bool isDone)
    {
        Host.Limits = Host.Limits with { MaxQueuedMessages = 3 }; // so that parked sessions are counted, and their oldest messages are read
        for (var call = 1; ; call++)
        {
            var (units, acknowledged, hasDied) = await DieAsync(call, isDone);
            await CheckAsync($"call {call}", units, acknowledged);
            if (hasDied)
                continue;
            Assert.InRange(call, 12, 500); // the history has some steps, and ends
            return;
        }
    }

    private async Task<(List<List<StoreOp>> Units, int Acknowledged, bool HasDied)> DieAsync(int call, bool isDone)
    {
        DyingDatabase dying = null!;
        await using var engine = await Open(inner => dying = new DyingDatabase(inner, call, isDone));
        var history = new RandomHistory(
            new Random(3), new StoreModel(Host.Limits), () => engine.NextSession(), count => engine.NextMessages(count), () => Host.Now);
        var units = new List<List<StoreOp>>();
        var receipts = new List<AwaitedReceipt>();
        while (units.Count < Units && !dying.Died.IsCompleted)
        {
            units.Add(history.Unit());
            receipts.Add(new AwaitedReceipt());
            engine.Append(new StoreUnit(units[^1], receipts[^1]));
            if (units.Count % 2 == 0) // so that there are several commits
                await Task.WhenAny(receipts[^1].Task, dying.Died);
        }
        await Task.WhenAny(receipts[^1].Task, dying.Died);
        await engine.DisposeAsync();
        return (units, receipts.FindLastIndex(each => each.IsComplete) + 1, dying.Died.IsCompleted);
    }

    private async Task CheckAsync(string what, List<List<StoreOp>> units, int acknowledged)
    {
        var engine = await Host.Open();
        var there = new List<string>();
        var sessions = (await engine.LoadSessionsAsync().All()).Select(each => each.Session).Order().ToList();
        foreach (var session in sessions)
            there.Add($"{session}: {StoreText.Of(await engine.Read(session))}");
        var retained = await engine.LoadRetainedAsync().All();
        there.AddRange(retained.Select(StoreText.Of).Order(StringComparer.Ordinal));
        var model = new StoreModel(Host.Limits);
        for (var count = 0; ; count++)
        {
            if (count >= acknowledged && Text(model).SequenceEqual(there))
                break;
            Assert.True(count < units.Count, $"{what}: no prefix with the {acknowledged} units that were acknowledged is what is there:\n{string.Join('\n', there)}");
            units[count].ForEach(model.Apply);
        }
        await engine.Write([.. sessions.Select(each => new StoreOp.Ended(each)), .. retained.Select(each => new StoreOp.RetainedRemoved(each.Packet.Topic))]);
        Host.AssertNothingIsLeft();
        await engine.DisposeAsync();
    }

    private static IEnumerable<string> Text(StoreModel model) =>
    [
        .. model.Sessions.Select(each => $"{each}: {StoreText.Of(model.Peek(each)).Replace("connected=True", "connected=False", StringComparison.Ordinal)}"),
        .. model.Retained.Select(StoreText.Of).Order(StringComparer.Ordinal),
    ];
}

public sealed class SqliteDyingWriterSpec : DyingWriterSpec
{
    private readonly SqliteHost _host = new();

    private protected override EngineHost Host => _host;

    private protected override Task<StorageWriter> Open(Func<IStorageDatabase, IStorageDatabase> wrap) => _host.Open(wrap);
}
