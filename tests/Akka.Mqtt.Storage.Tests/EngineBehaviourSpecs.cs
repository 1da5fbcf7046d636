namespace Akka.Mqtt.Storage.Tests;

public sealed class MemoryEngineBehaviourSpec() : EngineSpec(new MemoryHost());

public sealed class SqliteEngineBehaviourSpec() : EngineSpec(new SqliteHost());
