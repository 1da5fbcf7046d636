using Akka.Mqtt.Storage.Tests;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>A fact that needs PostgreSQL: skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute() => Skip = PostgreSqlServer.Missing;
}
