using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The actor system of a client with tasks: that of its user, or one that starts and ends with the client.</summary>
internal sealed class FacadeSystem(ActorSystem? system)
{
    // The end of an actor system that its user has not seen is no news.
    private static readonly ActorSystemSetup OwnSetup = ActorSystemSetup.Create(new LogFilterBuilder().ExcludeSourceStartingWith("CoordinatedShutdown").Build());

    private readonly ActorSystem? _own = system is null ? ActorSystem.Create("mqtt-client", OwnSetup) : null;

    /// <summary>Starts the actor of a client.</summary>
    /// <param name="facade">The client.</param>
    /// <returns>Completes when it has started.</returns>
    public Task StartAsync(Facade facade)
    {
        var host = (system ?? _own)!;
        facade.Actor = host.ActorOf(ClientDispatcher.Use(Props.CreateBy(new FacadeProducer(facade)), host));
        return facade.WhenStarted;
    }

    /// <summary>Ends the actor system, if it is the client's own.</summary>
    public Task EndAsync() => _own?.Terminate() ?? Task.CompletedTask;
}
