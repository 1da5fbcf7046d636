using Microsoft.Extensions.Logging;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>Writes the audit log of the dashboard to stderr, independent of the log level of the server. Thread safe.</summary>
internal sealed class AuditToStandardError : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Console.Error.WriteLine($"akka-mqtt: {DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ssZ} dashboard: {formatter(state, exception)}");

    public void Dispose()
    {
        // Nothing to release.
    }
}
