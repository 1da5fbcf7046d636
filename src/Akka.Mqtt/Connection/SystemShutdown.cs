using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The tasks of the Mqtt extension in <see cref="CoordinatedShutdown"/>. In <c>service-unbind</c> listeners stop accepting; in
/// <c>service-stop</c> connections close. A server has its own task, usually between these: <c>akka.mqtt.server.shutdown-phase</c>.
/// </summary>
internal static class SystemShutdown
{
    /// <summary>Time that is left at the end of a phase, so that the answer arrives before the phase times out.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(200);

    public static void AddTasks(ActorSystem system, IActorRef manager)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        Add(shutdown, CoordinatedShutdown.PhaseServiceUnbind, "mqtt-unbind", patience => new UnbindAll(patience), manager);
        Add(shutdown, CoordinatedShutdown.PhaseServiceStop, "mqtt-close", patience => new CloseAll(patience), manager);
    }

    /// <summary>Waits until all actors of <paramref name="stopping"/> have stopped.</summary>
    public static Task StopAsync(IEnumerable<IActorRef> stopping, TimeSpan patience) =>
        Task.WhenAll(stopping.Select(async each =>
        {
            try
            {
                await each.GracefulStop(patience, ShuttingDown.Instance).ConfigureAwait(false);
            }
            catch (TaskCanceledException)
            {
                // It took longer than the phase; it stops with the actor system.
            }
        }));

    /// <summary>Waits until all listeners have unbound or stopped.</summary>
    public static Task UnbindAsync(IEnumerable<IActorRef> listeners, TimeSpan patience) =>
        Task.WhenAll(listeners.Select(async each =>
        {
            try
            {
                await each.Ask<Mqtt.Unbound>(Mqtt.Unbind.Instance, patience).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                // It has stopped in the meantime.
            }
        }));

    private static void Add(CoordinatedShutdown shutdown, string phase, string name, Func<TimeSpan, object> message, IActorRef manager) =>
        shutdown.AddTask(phase, name, async () =>
        {
            var timeout = shutdown.Timeout(phase);
            var patience = timeout > 2 * Margin ? timeout - Margin : timeout / 2;
            await manager.Ask<Done>(message(patience), timeout).ConfigureAwait(false);
            return Done.Instance;
        });

    /// <summary>Sent to the manager: stop accepting on all listeners. The answer is <see cref="Done"/>.</summary>
    internal sealed record UnbindAll(TimeSpan Patience) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Sent to the manager: stop all listeners and connections. The answer is <see cref="Done"/>.</summary>
    internal sealed record CloseAll(TimeSpan Patience) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
