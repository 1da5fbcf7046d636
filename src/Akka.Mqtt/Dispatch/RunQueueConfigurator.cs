using System.Diagnostics.CodeAnalysis;
using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.Mqtt.Dispatch;

/// <summary>Named in the reference configuration as the executor of <c>akka.mqtt.dispatcher</c>.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Akka creates it by name.")]
internal sealed class RunQueueConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new RunQueueExecutor(id);
}
