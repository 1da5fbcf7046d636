using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Gives a server the engine of a test.</summary>
internal sealed class MemoryStorage(MemoryEngine engine) : MqttServerStorage
{
    /// <summary>What the server gave.</summary>
    public StorageOptions? Options { get; private set; }

    internal override ValueTask<IStorageEngine> OpenAsync(StorageOptions options, CancellationToken cancel = default)
    {
        Options = options;
        (engine.Waiting, engine.Found) = (options.Waiting, options.Found);
        return new(engine);
    }
}
