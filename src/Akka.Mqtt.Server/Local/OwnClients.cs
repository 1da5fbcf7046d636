using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Local;

/// <summary>The settings of clients of this process.</summary>
internal static class OwnClients
{
    /// <summary>A client whose session is kept, and which connects again soon after its connection has ended.</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="address">The address of <see cref="OwnClientsActor"/>.</param>
    /// <param name="context">The server.</param>
    /// <returns>The settings.</returns>
    public static MqttClientSettings Settings(string clientId, InMemoryEndPoint address, ServerContext context) => MqttClientSettings.Create((Configuration.Config?)null) with
    {
        Servers = [new Uri(address.ToString())],
        ClientId = clientId,
        CleanStart = false,
        SessionExpiry = TimeSpan.FromSeconds(uint.MaxValue),
        KeepAlive = TimeSpan.Zero,
        CommandTimeout = null,
        FirstWait = TimeSpan.FromMilliseconds(100),
        LongestWait = TimeSpan.FromSeconds(2),
        BusyWait = TimeSpan.FromSeconds(2),
        TopicAliases = 0,
        Connection = context.Settings.Connection,
    };

    /// <summary>Stops a client when the server has stopped. Otherwise the client would try for ever to reach it.</summary>
    /// <param name="client">The client.</param>
    /// <param name="stopped">Cancelled when the server has stopped.</param>
    public static void StopWith(MqttClient client, CancellationToken stopped)
    {
        var registration = stopped.Register(static client => ((MqttClient)client!).Facade.Stop(), client);
        _ = client.Facade.WhenStopped.ContinueWith(_ => registration.Unregister(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
