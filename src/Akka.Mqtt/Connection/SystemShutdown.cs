using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// What the Mqtt extension does in <see cref="CoordinatedShutdown"/>: in <c>service-unbind</c> listeners accept no more, in <c>service-stop</c>
/// connections close. A server has its own task, as a rule in between: <c>akka.mqtt.server.shutdown-phase</c>.
/// </summary>
internal static class SystemShutdown
{
    /// <summary>Left of a phase for the answer to come back, so that the phase does not time out.</summary>
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
                // It took longer than the phase may; the end of the system stops it.
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
                // It has stopped meanwhile.
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

    /// <summary>Told to the manager: all listeners are to accept no more. Answered by <see cref="Done"/>.</summary>
    internal sealed record UnbindAll(TimeSpan Patience) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Told to the manager: all listeners and connections are to end. Answered by <see cref="Done"/>.</summary>
    internal sealed record CloseAll(TimeSpan Patience) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
