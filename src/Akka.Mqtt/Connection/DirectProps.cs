using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Props of an actor that exists once per connection. They call its constructor directly, which <c>Props.Create</c> would find by
/// reflection. They share one <see cref="Deploy"/>, which <c>WithDeploy</c> and <c>WithDispatcher</c> would copy for each actor. The Props
/// object is its own actor producer.
/// </summary>
internal abstract class DirectProps<TActor> : Props, IIndirectActorProducer
    where TActor : ActorBase
{
    // By dispatcher; the configuration bounds their number.
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

    /// <summary>Sets the dispatcher last, because <c>WithDeploy</c> drops it.</summary>
    private static Props Prototype(string dispatcher) => Create<TActor>(Array.Empty<object>())
        .WithDeploy(Deploy.Local)
        .WithDispatcher(dispatcher.Length == 0 ? Akka.Dispatch.Dispatchers.DefaultDispatcherId : dispatcher);
}
