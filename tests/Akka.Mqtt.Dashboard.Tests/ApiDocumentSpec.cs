using System.Text.Json;
using System.Text.RegularExpressions;
using Akka.Mqtt.Dashboard.Api;
using Akka.Mqtt.Dashboard.Page;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>The description of the API, and the page, without a server.</summary>
public sealed partial class ApiDocumentSpec
{
    private static readonly JsonElement Document = JsonDocument.Parse(ApiDocument.Write("/dash")).RootElement;

    [Fact]
    public void The_description_has_every_operation_with_its_answer()
    {
        Assert.Equal("3.1.0", Document.GetProperty("openapi").GetString());
        var paths = Document.GetProperty("paths");
        foreach (var operation in Operations.All)
        {
            var described = paths.GetProperty($"/{operation.Path}").GetProperty(operation.Method.ToLowerInvariant());
            var schema = described.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
            Assert.Equal(
                operation.Answer.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal),
                schema.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
            Assert.Equal(operation.Body is not null, described.TryGetProperty("requestBody", out _));
        }
        Assert.Equal(Operations.All.Count + 1, paths.EnumerateObject().Count());
    }

    [Fact]
    public void A_body_says_what_it_needs_and_takes_nothing_else()
    {
        var schema = Document.GetProperty("paths").GetProperty("/api/v1/publish").GetProperty("post").GetProperty("requestBody").GetProperty("content")
            .GetProperty("application/json").GetProperty("schema");
        Assert.Equal(["topic"], schema.GetProperty("required").EnumerateArray().Select(each => each.GetString()));
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public void Everything_that_changes_something_needs_the_role_of_an_administrator() =>
        Assert.All(Operations.All.Where(each => each.IsAction), each => Assert.Equal(MqttDashboardRole.Admin, each.Role));

    [Fact]
    public void The_page_has_no_script_or_style_of_its_own_and_loads_nothing_from_elsewhere()
    {
        var page = Text("");
        Assert.Equal(["dashboard.css", "dashboard.js"], References().Matches(page).Select(each => each.Groups["file"].Value).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("<style", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"<script(?![^>]* src=)|\sstyle=|\son[a-z]+=", page);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_writes_no_HTML()
    {
        var script = Text("dashboard.js");
        foreach (var way in (string[])["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"])
            Assert.DoesNotContain(way, script, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_field_of_the_page_has_a_label_and_each_name_in_the_script_is_in_the_page()
    {
        var page = Text("");
        var ids = Ids().Matches(page).Select(each => each.Groups["id"].Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
        foreach (Match field in Fields().Matches(page))
        {
            var id = field.Groups["id"].Value;
            Assert.True(page.Contains($"<label for=\"{id}\"", StringComparison.Ordinal) || page.Contains($"<label class=\"check\"><input id=\"{id}\"", StringComparison.Ordinal), id);
        }
        Assert.Empty(Used().Matches(Text("dashboard.js")).Select(each => each.Groups["id"].Value).Except(ids));
    }

    private static string Text(string path) => System.Text.Encoding.UTF8.GetString(PageFiles.All.Single(file => file.Path == path).Bytes);

    [GeneratedRegex("""(href|src)="(?<file>[^#"][^":]*\.(css|js))""")]
    private static partial Regex References();

    [GeneratedRegex(""" id="(?<id>[^"]+)["]""")]
    private static partial Regex Ids();

    [GeneratedRegex("""<(input|select|textarea) id="(?<id>[^"]+)["]""")]
    private static partial Regex Fields();

    [GeneratedRegex("""byId\('(?<id>[^']+)'\)""")]
    private static partial Regex Used();
}
