namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>A dashboard cannot be reached, or refuses: exit code 1.</summary>
internal sealed class ApiFailure(string message) : Exception(message);
