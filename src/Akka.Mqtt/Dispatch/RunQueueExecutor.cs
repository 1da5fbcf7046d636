using Akka.Dispatch;

namespace Akka.Mqtt.Dispatch;

/// <summary>The executor of <c>akka.mqtt.dispatcher</c>: <see cref="RunQueue"/>.</summary>
internal sealed class RunQueueExecutor(string id) : ExecutorService(id)
{
    public override void Execute(IRunnable run) => RunQueue.Add(run);

    public override void Shutdown()
    {
        // The queues belong to the threads, not to a dispatcher.
    }
}
