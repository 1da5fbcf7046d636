using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Random histories, with restarts at random points: an engine is as the plain model says. The seed is in the name of the failing case.</summary>
public abstract class EngineModelSpec
{
    private const int Steps = 250;

    private protected abstract EngineHost Host();

    public static TheoryData<int> Seeds => new(Enumerable.Range(1, 12));

    [EngineTheory]
    [MemberData(nameof(Seeds))]
    public async Task An_engine_is_as_the_model_says(int seed)
    {
        var random = new Random(seed);
        await using var host = Host();
        host.Limits = host.Limits with
        {
            MaxQueuedMessages = random.Next(2) == 0 ? 4 : 1000,
            MaxQueuedBytes = random.Next(2) == 0 ? 1500 : 1 << 20,
            Overflow = (QueueOverflow)random.Next(3),
        };
        var model = new StoreModel(host.Limits);
        var engine = await host.Open();
        var history = new RandomHistory(random, model, () => engine.NextSession(), count => engine.NextMessages(count), () => host.Now);
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(100))
            {
                case < 3:
                    await engine.Write();
                    await AssertSame(engine, model, host.Now);
                    host.Time.Advance(TimeSpan.FromSeconds(2));
                    await engine.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish("alive", $"{step}") { Retain = true }, host.Now, "")));
                    model.Apply(new StoreOp.RetainedSet(new RetainedRecord(new Publish("alive", $"{step}") { Retain = true }, host.Now, "")));
                    engine = await host.Open();
                    model.Restart(host.Now);
                    await AssertSame(engine, model, host.Now);
                    break;
                case < 15 when history.Parked() is { } parked:
                    var reader = new AwaitedReader();
                    engine.Take(parked, reader);
                    var expected = StoreText.Of(model.Take(parked));
                    Assert.Equal(expected, StoreText.Of(await reader.Task));
                    break;
                case < 30:
                    await engine.Write([.. history.Unit()]);
                    break;
                default:
                    engine.Append(new StoreUnit([.. history.Unit()], null));
                    break;
            }
        }
        await engine.Write();
        await AssertSame(engine, model, host.Now);
        Assert.Equal(model.Dropped, host is MemoryHost ? model.Dropped : host.Dropped);
        await AssertEmptyAtTheEnd(engine, model, host);
    }

    /// <summary>Looks at all of it but what is held, whose state is asked for at the end only, because taking holds.</summary>
    private static async Task AssertSame(IStorageEngine engine, StoreModel model, long now)
    {
        Assert.Equal(
            model.Load().Select(StoreText.Of).Order(StringComparer.Ordinal),
            (await engine.LoadSessionsAsync().All()).Select(StoreText.Of).Order(StringComparer.Ordinal));
        Assert.Equal(
            model.Retained.Select(StoreText.Of).Order(StringComparer.Ordinal),
            (await engine.LoadRetainedAsync().All()).Select(StoreText.Of).Order(StringComparer.Ordinal));
        foreach (var later in (long[])[now, now + 15_000, now + 10_000_000])
            Assert.Equal(model.FindDue(later, 3), await engine.FindDueAsync(later, 3));
    }

    private static async Task AssertEmptyAtTheEnd(IStorageEngine engine, StoreModel model, EngineHost host)
    {
        foreach (var session in model.Sessions.ToList())
            Assert.Equal(StoreText.Of(model.Peek(session)), StoreText.Of(await engine.Read(session)));
        await engine.Write([.. model.Sessions.Select(each => new StoreOp.Ended(each))]);
        Assert.Empty(await engine.LoadSessionsAsync().All());
        host.AssertNothingIsLeft();
    }
}

public sealed class MemoryEngineModelSpec : EngineModelSpec
{
    private protected override EngineHost Host() => new MemoryHost();
}

public sealed class SqliteEngineModelSpec : EngineModelSpec
{
    private protected override EngineHost Host() => new SqliteHost();
}
