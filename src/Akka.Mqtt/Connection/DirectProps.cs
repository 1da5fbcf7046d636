using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Props of an actor that every connection has: made by calling its constructor, which <c>Props.Create</c> finds by reflection, and with one
/// <see cref="Deploy"/> for all, of which <c>WithDeploy</c> and <c>WithDispatcher</c> make a new one each time. It is its own producer.
/// </summary>
internal abstract class DirectProps<TActor> : Props, IIndirectActorProducer
    where TActor : ActorBase
{
    // By dispatcher: there are as many as the configuration names.
    private static readonly ConcurrentDictionary<string, Props> Prototypes = new(StringComparer.Ordinal);

    protected DirectProps(string dispatcher)
        : base(Prototypes.GetOrAdd(dispatcher, Prototype))
    {
    }

    protected DirectProps(DirectProps<TActor> copied)
        : base(copied)
    {
    }

    public Type ActorType => typeof(TActor);

    public abstract ActorBase Produce();

    public void Release(ActorBase actor)
    {
    }

    public sealed override ActorBase NewActor() => Produce();

    protected abstract override Props Copy();

    /// <summary>The dispatcher last: <c>WithDeploy</c> forgets it.</summary>
    private static Props Prototype(string dispatcher) => Create<TActor>(Array.Empty<object>())
        .WithDeploy(Deploy.Local)
        .WithDispatcher(dispatcher.Length == 0 ? Akka.Dispatch.Dispatchers.DefaultDispatcherId : dispatcher);
}
