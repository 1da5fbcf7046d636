using System.Net;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>A server that is killed and started again on the same data.</summary>
internal interface ICrashedServer
{
    /// <summary>Starts it. The one before was killed.</summary>
    /// <returns>Where it listens.</returns>
    Task<IPEndPoint> StartAsync();

    /// <summary>Kills it; nothing happens when it is not running. From here on it commits nothing and answers nobody.</summary>
    Task KillAsync();
}
