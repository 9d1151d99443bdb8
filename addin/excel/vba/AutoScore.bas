Option Explicit

' Automatic scoring: a change arms a timer, a further change arms it anew, and one second after the last one Python is
' called once for each workbook concerned. Nothing else is done in the middle of somebody's typing.

Private armed As Collection
Private due As Date

' A hidden name of the workbook that begins with _sheetscore_auto refers to each sheet that is scored by itself.
Public Sub ArmIfAutoScored(ByVal sheet As Object)
    On Error Resume Next
    If Not IsAutoScored(sheet) Then Exit Sub
    If armed Is Nothing Then Set armed = New Collection
    armed.Add sheet.Parent, sheet.Parent.Name
    DisarmTimer
    due = Now + TimeSerial(0, 0, 1)
    Application.OnTime due, "'" & ThisWorkbook.Name & "'!AutoScoreTick"
End Sub

Public Sub AutoScoreTick()
    Dim python As New Bridge, books As Collection, book As Variant
    due = 0
    If armed Is Nothing Then Exit Sub
    Set books = armed
    Set armed = Nothing
    On Error Resume Next
    For Each book In books
        python.Run "auto_score_tick", "", book
    Next book
End Sub

' A timer that outlives the add-in would make Excel open it again.
Public Sub DisarmTimer()
    On Error Resume Next
    If due <> 0 Then Application.OnTime due, "'" & ThisWorkbook.Name & "'!AutoScoreTick", , False
    due = 0
End Sub

Public Sub AutoScorePressed(control As IRibbonControl, ByRef returnedVal As Variant)
    On Error Resume Next
    returnedVal = False
    returnedVal = IsAutoScored(ActiveSheet)
End Sub

Private Function IsAutoScored(ByVal sheet As Object) As Boolean
    Dim item As Name
    For Each item In sheet.Parent.Names
        If InStr(item.Name, "_sheetscore_auto") > 0 Then
            If RefersToSheet(item.RefersTo, sheet.Name) Then IsAutoScored = True
        End If
    Next item
End Function

Private Function RefersToSheet(ByVal reference As String, ByVal sheetName As String) As Boolean
    Dim bang As Long
    reference = Mid$(reference, 2)
    bang = InStrRev(reference, "!")
    If bang = 0 Then Exit Function
    reference = Left$(reference, bang - 1)
    If Left$(reference, 1) = "'" Then reference = Replace(Mid$(reference, 2, Len(reference) - 2), "''", "'")
    RefersToSheet = (LCase$(reference) = LCase$(sheetName))
End Function
