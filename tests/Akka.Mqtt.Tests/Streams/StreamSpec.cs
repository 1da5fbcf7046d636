using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Implementation;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Streams;

/// <summary>Base of the specs of streams: at the end of each no actor of a stream is left.</summary>
public abstract class StreamSpec(ITestOutputHelper output, string config = "") : MqttSpec(output, config), IAsyncLifetime
{
    private ActorMaterializer? _materializer;

    protected ActorMaterializer Materializer => _materializer ??= ActorMaterializer.Create(Sys);

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>All stages have stopped: the supervisors of the materializers, ours and the one that connections share, have no children.</summary>
    public async Task DisposeAsync()
    {
        await AwaitAssertAsync(async () =>
        {
            if (_materializer is not null)
                Assert.Empty(await ChildrenAsync(_materializer.Supervisor));
            Assert.Empty(await ChildrenAsync(Sys.Materializer().Supervisor));
        });
        _materializer?.Dispose();
    }

    /// <summary>A source that has nothing and does not end.</summary>
    protected static Source<T, NotUsed> Never<T>() => Source.Maybe<T>().MapMaterializedValue(_ => NotUsed.Instance);

    private async Task<IEnumerable<IActorRef>> ChildrenAsync(IActorRef supervisor)
    {
        var asker = CreateTestProbe();
        supervisor.Tell(StreamSupervisor.GetChildren.Instance, asker);
        return (await asker.ExpectMsgAsync<StreamSupervisor.Children>(Soon)).Refs;
    }
}
